using Ddpm.Protocol;
using Ddpm.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Ddpm.Orchestrator.Denoising;

/// <summary>
/// Answers queries over a long-lived stream of each priority, opened again when it breaks: a Denoiser that has too much under way reads a stream no
/// further, and what is urgent must not stand behind that. A prediction is a pure function of its query, so a query whose stream broke, or that found a
/// full queue, is simply asked again.
/// </summary>
internal sealed partial class StreamingDenoiser : IDenoiser
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);

    private readonly DenoiserService.DenoiserServiceClient _client;
    private readonly OrchestratorOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<StreamingDenoiser> _logger;
    private readonly Lock _gate = new();
    private readonly Dictionary<Priority, DenoiserStream> _streams = [];
    private bool _stopping;

    public StreamingDenoiser(
        DenoiserService.DenoiserServiceClient client,
        IOptions<OrchestratorOptions> options,
        IHostApplicationLifetime lifetime,
        TimeProvider time,
        ILogger<StreamingDenoiser> logger)
    {
        _client = client;
        _options = options.Value;
        _time = time;
        _logger = logger;
        // An open stream would keep a Denoiser of the same process from stopping.
        lifetime.ApplicationStopping.Register(Close);
    }

    public async ValueTask<Prediction> PredictAsync(NoiseQuery query, CancellationToken cancellationToken)
    {
        var row = new NoiseRow { X = TensorCodec.Encode(query.X, query.Shape), Timestep = query.Timestep };
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
        };
        var response = await AskAsync(request, cancellationToken);

        if (response.PredictedNoise.Count != 1 || response.PredictedNoise[0].Data.Length != query.X.Length * sizeof(float))
            throw new DenoiserException("The Denoiser answered with a tensor of another shape than it was asked for.");
        return new Prediction(TensorCodec.Decode(response.PredictedNoise[0]), response.Evaluation);
    }

    private async Task<PredictNoiseResponse> AskAsync(PredictNoiseRequest request, CancellationToken cancellationToken)
    {
        var asked = _time.GetTimestamp();
        var delay = FirstDelay;
        while (true)
        {
            try
            {
                return await StreamFor(request.Priority).PredictAsync(request, cancellationToken);
            }
            catch (RpcException e) when (MayPass(e) && !cancellationToken.IsCancellationRequested)
            {
                if (_time.GetElapsedTime(asked) > _options.DenoiserPatience)
                    throw new DenoiserException($"The Denoiser at {_options.DenoiserAddress} did not answer for {_options.DenoiserPatience}: {e.Status.Detail}", e);
                var wait = e.RetryAfter() ?? delay;
                LogRetry(_logger, _options.DenoiserAddress, wait, e.Status.Detail);
                await Task.Delay(wait, _time, cancellationToken);
                delay = TimeSpan.FromTicks(Math.Min(delay.Ticks * 2, LongestDelay.Ticks));
            }
            catch (RpcException e) when (!cancellationToken.IsCancellationRequested)
            {
                throw new DenoiserException($"The Denoiser refused the step: {e.Status.Detail}", e);
            }
        }
    }

    private DenoiserStream StreamFor(Priority priority)
    {
        lock (_gate)
        {
            if (_stopping)
                throw RpcErrors.Unavailable("The Orchestrator is stopping.");
            if (_streams.TryGetValue(priority, out var open) && !open.IsBroken)
                return open;
            if (open is not null)
                _ = open.DisposeAsync().AsTask();
            return _streams[priority] = new DenoiserStream(_client);
        }
    }

    private void Close()
    {
        lock (_gate)
        {
            _stopping = true;
            foreach (var open in _streams.Values)
                _ = open.DisposeAsync().AsTask();
        }
    }

    private static bool MayPass(RpcException exception) => exception.StatusCode
        is StatusCode.Unavailable or StatusCode.ResourceExhausted or StatusCode.Aborted or StatusCode.Cancelled or StatusCode.DeadlineExceeded;

    [LoggerMessage(1, LogLevel.Debug, "The Denoiser at {Address} does not answer, asking again in {Wait}: {Reason}")]
    private static partial void LogRetry(ILogger logger, Uri address, TimeSpan wait, string reason);
}
