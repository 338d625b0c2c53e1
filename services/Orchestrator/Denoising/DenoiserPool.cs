using Ddpm.Protocol;
using Ddpm.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Ddpm.Orchestrator.Denoising;

/// <summary>
/// Asks the Denoiser that has least under way. A prediction is a pure function of its query, so a query whose Denoiser went away, or found its queue
/// full, is simply asked again: of another one at once, and where all are away after a while, or as soon as one joins.
/// </summary>
internal sealed partial class DenoiserPool(
    DenoiserDirectory directory,
    IOptions<OrchestratorOptions> options,
    OrchestratorMetrics metrics,
    TimeProvider time,
    ILogger<DenoiserPool> logger) : IDenoiser
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);

    private uint _turn;

    public async ValueTask<Prediction> PredictAsync(NoiseQuery query, CancellationToken cancellationToken)
    {
        var type = options.Value.Payload switch { PayloadType.F16 => DataType.F16, PayloadType.Bf16 => DataType.Bf16, _ => DataType.F32 };
        var request = RequestOf(query, type);
        var response = await AskAsync(connection => connection.PredictAsync(request, cancellationToken), cancellationToken);
        if (type != DataType.F32)
            response.Evaluation.Payload = type.ToString().ToLowerInvariant();
        var noise = Decode(response.PredictedNoise, query, type);
        return new Prediction(query.WithVariance ? [.. noise, .. Decode(response.Variance, query, type)] : noise, response.Evaluation);
    }

    public async ValueTask<(float[] Noise, float[] Product)> ProductAsync(NoiseQuery query, float[] vector, CancellationToken cancellationToken)
    {
        var request = new PredictNoiseProductRequest { Request = RequestOf(query, DataType.F32), Vectors = { TensorCodec.Encode(vector, query.Shape) } };
        var response = await AskAsync(connection => connection.ProductAsync(request, cancellationToken), cancellationToken);
        return (Decode(response.PredictedNoise, query, DataType.F32), Decode(response.Products, query, DataType.F32));
    }

    private static PredictNoiseRequest RequestOf(NoiseQuery query, DataType type)
    {
        var row = new NoiseRow { X = TensorCodec.Encode(query.X, query.Shape, type), Timestep = query.Timestep };
        if (query.ClassLabel is { } label)
            row.ClassLabel = label;
        if (query.GuidanceScale is { } scale)
            row.GuidanceScale = scale;
        return new PredictNoiseRequest
        {
            Model = query.Model,
            Version = query.Version,
            Rows = { row },
            Tenant = query.Turn.Tenant,
            Job = query.Turn.Job,
            Priority = query.Turn.Priority,
            PredictedNoiseType = type,
            WithVariance = query.WithVariance,
        };
    }

    private static float[] Decode(IReadOnlyList<Tensor> answer, NoiseQuery query, DataType type) =>
        answer is [var tensor] && tensor.DataType == type && tensor.Data.Length == query.X.Length * TensorCodec.ElementSize(type)
            ? TensorCodec.Decode(tensor)
            : throw new DenoiserException("The Denoiser answered with a tensor of another shape than it was asked for.");

    private async Task<T> AskAsync<T>(Func<IDenoiserConnection, Task<T>> ask, CancellationToken cancellationToken)
    {
        var patience = options.Value.DenoiserPatience;
        var asked = time.GetTimestamp();
        var delay = FirstDelay;
        while (true)
        {
            var denoisers = directory.Current;
            if (denoisers.Choose(Interlocked.Increment(ref _turn)) is not { } endpoint)
            {
                var left = patience - time.GetElapsedTime(asked);
                if (left <= TimeSpan.Zero)
                    throw new DenoiserException($"No Denoiser was found for {patience}: {string.Join("; ", denoisers.Unresolved)}");
                await ChangeAsync(denoisers, left, cancellationToken);
                continue;
            }
            try
            {
                var response = await endpoint.AskAsync(ask);
                metrics.Answered(rows: 1, endpoint.Replica);
                return response;
            }
            catch (RpcException e) when (MayPass(e) && !cancellationToken.IsCancellationRequested)
            {
                if (time.GetElapsedTime(asked) > patience)
                    throw new DenoiserException($"{directory.Current} did not answer for {patience}: {e.Status.Detail}", e);
                var wait = e.RetryAfter() ?? delay;
                endpoint.LeaveAlone(wait);
                LogRetry(logger, endpoint.Replica, wait, e.Status.Detail);
                denoisers = directory.Current;
                if (!denoisers.AreAllLeftAlone)
                    continue;
                await ChangeAsync(denoisers, wait, cancellationToken);
                delay = TimeSpan.FromTicks(Math.Min(delay.Ticks * 2, LongestDelay.Ticks));
            }
            catch (RpcException e) when (!cancellationToken.IsCancellationRequested)
            {
                throw new DenoiserException($"The Denoiser refused the step: {e.Status.Detail}", e);
            }
        }
    }

    /// <summary>Waits until there are others than these to ask, and no longer than given.</summary>
    private async Task ChangeAsync(DenoiserSet denoisers, TimeSpan atMost, CancellationToken cancellationToken)
    {
        await denoisers.Superseded.WaitAsync(atMost, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private static bool MayPass(RpcException exception) => exception.StatusCode
        is StatusCode.Unavailable or StatusCode.ResourceExhausted or StatusCode.Aborted or StatusCode.Cancelled or StatusCode.DeadlineExceeded;

    [LoggerMessage(1, LogLevel.Debug, "The Denoiser at {Replica} does not answer, left alone for {Wait}: {Reason}")]
    private static partial void LogRetry(ILogger logger, Replica replica, TimeSpan wait, string reason);
}
