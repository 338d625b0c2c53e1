using Ddpm.Hosting;
using Ddpm.Protocol;
using Ddpm.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Ddpm.Orchestrator.Denoising;

/// <summary>
/// Asks the Denoiser that has least under way. A prediction is a pure function of its query, so a query whose Denoiser went away, or found its queue
/// full, is simply asked again: of another one at once, and where all are away after a while.
/// </summary>
internal sealed partial class DenoiserPool : IDenoiser
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);

    private readonly DenoiserEndpoint[] _endpoints;
    private readonly OrchestratorOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<DenoiserPool> _logger;
    private uint _turn;

    public DenoiserPool(
        IOptions<OrchestratorOptions> options,
        IOptions<SecurityOptions> security,
        IHostApplicationLifetime lifetime,
        TimeProvider time,
        ILogger<DenoiserPool> logger)
    {
        _options = options.Value;
        _time = time;
        _logger = logger;
        var connection = new DdpmClientOptions { ApiKey = security.Value.ApiKeys.FirstOrDefault() };
        _endpoints = [.. _options.DenoiserAddresses.Select(address => new DenoiserEndpoint(address, DdpmClient.Connect(address, connection), time))];
        // An open stream would keep a Denoiser of the same process from stopping.
        lifetime.ApplicationStopping.Register(() => Array.ForEach(_endpoints, endpoint => endpoint.Close()));
    }

    public async ValueTask<Prediction> PredictAsync(NoiseQuery query, CancellationToken cancellationToken)
    {
        var type = _options.Payload switch { PayloadType.F16 => DataType.F16, PayloadType.Bf16 => DataType.Bf16, _ => DataType.F32 };
        var row = new NoiseRow { X = TensorCodec.Encode(query.X, query.Shape, type), Timestep = query.Timestep };
        if (query.ClassLabel is { } label)
            row.ClassLabel = label;
        if (query.GuidanceScale is { } scale)
            row.GuidanceScale = scale;
        var request = new PredictNoiseRequest
        {
            Model = query.Model,
            Version = query.Version,
            Rows = { row },
            Tenant = query.Turn.Tenant,
            Job = query.Turn.Job,
            Priority = query.Turn.Priority,
            PredictedNoiseType = type,
        };
        var response = await AskAsync(request, cancellationToken);

        if (response.PredictedNoise is not [var noise] || noise.DataType != type || noise.Data.Length != query.X.Length * TensorCodec.ElementSize(type))
            throw new DenoiserException("The Denoiser answered with a tensor of another shape than it was asked for.");
        if (type != DataType.F32)
            response.Evaluation.Payload = type.ToString().ToLowerInvariant();
        return new Prediction(TensorCodec.Decode(noise), response.Evaluation);
    }

    private async Task<PredictNoiseResponse> AskAsync(PredictNoiseRequest request, CancellationToken cancellationToken)
    {
        var asked = _time.GetTimestamp();
        var delay = FirstDelay;
        while (true)
        {
            var endpoint = Choose();
            try
            {
                return await endpoint.PredictAsync(request, cancellationToken);
            }
            catch (RpcException e) when (MayPass(e) && !cancellationToken.IsCancellationRequested)
            {
                if (_time.GetElapsedTime(asked) > _options.DenoiserPatience)
                    throw new DenoiserException($"{Named(endpoint)} did not answer for {_options.DenoiserPatience}: {e.Status.Detail}", e);
                var wait = e.RetryAfter() ?? delay;
                endpoint.LeaveAlone(wait);
                LogRetry(_logger, endpoint.Address, wait, e.Status.Detail);
                if (!_endpoints.All(other => other.IsLeftAlone))
                    continue;
                await Task.Delay(wait, _time, cancellationToken);
                delay = TimeSpan.FromTicks(Math.Min(delay.Ticks * 2, LongestDelay.Ticks));
            }
            catch (RpcException e) when (!cancellationToken.IsCancellationRequested)
            {
                throw new DenoiserException($"The Denoiser refused the step: {e.Status.Detail}", e);
            }
        }
    }

    /// <summary>Of those that are not left alone, the one with least under way; among equals each in its turn.</summary>
    private DenoiserEndpoint Choose()
    {
        if (_endpoints.Length == 1)
            return _endpoints[0];
        var first = (int)(Interlocked.Increment(ref _turn) % (uint)_endpoints.Length);
        return _endpoints[first..].Concat(_endpoints[..first]).MinBy(endpoint => (endpoint.IsLeftAlone, endpoint.UnderWay))!;
    }

    private string Named(DenoiserEndpoint endpoint) => _endpoints.Length == 1
        ? $"The Denoiser at {endpoint.Address}"
        : $"None of the Denoisers at {string.Join(", ", _endpoints.Select(e => e.Address))}";

    private static bool MayPass(RpcException exception) => exception.StatusCode
        is StatusCode.Unavailable or StatusCode.ResourceExhausted or StatusCode.Aborted or StatusCode.Cancelled or StatusCode.DeadlineExceeded;

    [LoggerMessage(1, LogLevel.Debug, "The Denoiser at {Address} does not answer, left alone for {Wait}: {Reason}")]
    private static partial void LogRetry(ILogger logger, Uri address, TimeSpan wait, string reason);
}
