using Ddpm.Diffusion;
using Ddpm.Orchestrator.Denoising;
using Ddpm.Protocol;
using Ddpm.V1;
using Grpc.Core;
using NoiseSchedule = Ddpm.Diffusion.NoiseSchedule;

namespace Ddpm.Orchestrator.Tests.Running;

/// <summary>
/// A Denoiser whose network is known in closed form: for images that are Gaussian with mean m and standard deviation s,
/// ε*(x, t) = √(1−ᾱ) (x − √ᾱ m) / (ᾱ s² + 1 − ᾱ). It can be held, broken and made to refuse.
/// </summary>
internal sealed class AnalyticDenoiser : DenoiserService.DenoiserServiceBase, ILocalDenoiser
{
    private const float StandardDeviation = 0.25f;

    private static readonly NoiseSchedule Schedule = new(new NoiseScheduleOptions(BetaScheduleKind.Linear, 1000, 1e-4, 0.02));

    private volatile TaskCompletionSource _open = Opened();
    private int _answered;
    private int _cancelled;

    /// <summary>Rows answered so far.</summary>
    public int Answered => Volatile.Read(ref _answered);

    /// <summary>Requests that were cancelled so far.</summary>
    public int Cancelled => Volatile.Read(ref _cancelled);

    /// <summary>Asked before each row: what it throws, the row is answered with.</summary>
    public Action<NoiseRow, int> BeforeRow { get; set; } = (_, _) => { };

    /// <summary>Changes ε before it is answered.</summary>
    public Action<float[], int> AfterRow { get; set; } = (_, _) => { };

    public static float[] Epsilon(float[] x, double timestep, int? label)
    {
        var alphaBar = Schedule.AlphaBar(timestep);
        var mean = label is { } known ? known / 2f - 0.5f : 0f;
        var (signal, noise) = ((float)Math.Sqrt(alphaBar), (float)Math.Sqrt(1 - alphaBar));
        var variance = (float)(alphaBar * StandardDeviation * StandardDeviation + 1 - alphaBar);
        return Array.ConvertAll(x, value => noise * (value - signal * mean) / variance);
    }

    /// <summary>v, where it is asked for.</summary>
    public static float[] Variance(float[] x) => Array.ConvertAll(x, value => 1 / (1 + MathF.Exp(-value)));

    /// <summary>Keeps every row that comes from now on until <see cref="Release"/>.</summary>
    public void Hold() => _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Release() => _open.TrySetResult();

    public async Task<PredictNoiseResponse> PredictAsync(PredictNoiseRequest request, CancellationToken cancellationToken)
    {
        await _open.Task.WaitAsync(cancellationToken);
        return Predict(request);
    }

    /// <summary>ε of an element depends on that element alone: ∂ε/∂x is a number.</summary>
    public async Task<PredictNoiseProductResponse> ProductAsync(PredictNoiseProductRequest request, CancellationToken cancellationToken)
    {
        var predicted = await PredictAsync(request.Request, cancellationToken);
        var response = new PredictNoiseProductResponse { PredictedNoise = { predicted.PredictedNoise }, Evaluation = predicted.Evaluation };
        foreach (var (row, vector) in request.Request.Rows.Zip(request.Vectors))
        {
            var (zero, one) = (Epsilon([0], row.Timestep, null)[0], Epsilon([1], row.Timestep, null)[0]);
            var v = TensorCodec.Decode(vector);
            response.Products.Add(TensorCodec.Encode(Array.ConvertAll(v, value => value * (one - zero)), [.. vector.Shape.Select(extent => (int)extent)]));
        }
        return response;
    }

    public override Task<PredictNoiseProductResponse> PredictNoiseProduct(PredictNoiseProductRequest request, ServerCallContext context) =>
        ProductAsync(request, context.CancellationToken);

    public override async Task PredictNoiseStream(
        IAsyncStreamReader<PredictNoiseStreamRequest> requestStream,
        IServerStreamWriter<PredictNoiseStreamResponse> responseStream,
        ServerCallContext context)
    {
        using var writing = new SemaphoreSlim(1);
        var answers = new List<Task>();
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            if (request.Cancel is null)
                answers.Add(AnswerAsync(request));
            else
                Interlocked.Increment(ref _cancelled);
        }
        await Task.WhenAll(answers);

        async Task AnswerAsync(PredictNoiseStreamRequest request)
        {
            await _open.Task.WaitAsync(context.CancellationToken);
            var response = new PredictNoiseStreamResponse { Id = request.Id };
            try
            {
                response.Response = Predict(request.Request);
            }
            catch (BreakStreamException)
            {
                context.GetHttpContext().Abort();
                return;
            }
            catch (RpcException e)
            {
                var status = e.GetRpcStatus();
                response.Error = new RequestError { Code = (int)e.StatusCode, Message = e.Status.Detail };
                if (status is not null)
                    response.Error.Details.Add(status.Details);
            }
            await writing.WaitAsync(context.CancellationToken);
            try
            {
                await responseStream.WriteAsync(response);
            }
            finally
            {
                writing.Release();
            }
        }
    }

    private PredictNoiseResponse Predict(PredictNoiseRequest request)
    {
        var response = new PredictNoiseResponse { Evaluation = new Evaluation { Engine = "analytic", Mode = "exact" } };
        foreach (var row in request.Rows)
        {
            var number = Interlocked.Increment(ref _answered);
            BeforeRow(row, number);
            var noise = Epsilon(TensorCodec.Decode(row.X), row.Timestep, row.HasClassLabel ? row.ClassLabel : null);
            AfterRow(noise, number);
            int[] shape = [.. row.X.Shape.Select(extent => (int)extent)];
            response.PredictedNoise.Add(TensorCodec.Encode(noise, shape, request.PredictedNoiseType));
            if (request.WithVariance)
                response.Variance.Add(TensorCodec.Encode(Variance(TensorCodec.Decode(row.X)), shape, request.PredictedNoiseType));
        }
        return response;
    }

    private static TaskCompletionSource Opened()
    {
        var opened = new TaskCompletionSource();
        opened.SetResult();
        return opened;
    }
}

/// <summary>Tells <see cref="AnalyticDenoiser"/> to drop the connection, as a process that dies does.</summary>
internal sealed class BreakStreamException : Exception;
