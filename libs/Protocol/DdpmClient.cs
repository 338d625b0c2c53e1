using System.Runtime.CompilerServices;
using Ddpm.V1;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;

namespace Ddpm.Protocol;

/// <summary>
/// A connection to a cluster: the generated clients over one channel, and watches that survive a lost connection.
/// Safe for concurrent use; keep one for the life of the program.
/// </summary>
public sealed class DdpmClient : IDisposable
{
    /// <summary>What HTTP calls the server at the other end of a socket.</summary>
    private static readonly Uri OverSocket = new("http://localhost");

    private readonly GrpcChannel _channel;
    private readonly DdpmClientOptions _options;

    private DdpmClient(GrpcChannel channel, DdpmClientOptions options)
    {
        _channel = channel;
        _options = options;
        var invoker = channel.Intercept(new ConnectionLossInterceptor());
        if (options.ApiKey is { } key)
        {
            invoker = invoker.Intercept(metadata =>
            {
                metadata.Add("authorization", $"Bearer {key}");
                return metadata;
            });
        }
        Orchestrator = new OrchestratorService.OrchestratorServiceClient(invoker);
        Denoiser = new DenoiserService.DenoiserServiceClient(invoker);
        Trainer = new TrainerService.TrainerServiceClient(invoker);
        Models = new ModelRegistryService.ModelRegistryServiceClient(invoker);
        DataSets = new DataSetService.DataSetServiceClient(invoker);
        Evaluation = new EvaluationService.EvaluationServiceClient(invoker);
        Invoker = invoker;
    }

    public OrchestratorService.OrchestratorServiceClient Orchestrator { get; }

    public DenoiserService.DenoiserServiceClient Denoiser { get; }

    public TrainerService.TrainerServiceClient Trainer { get; }

    public ModelRegistryService.ModelRegistryServiceClient Models { get; }

    public DataSetService.DataSetServiceClient DataSets { get; }

    public EvaluationService.EvaluationServiceClient Evaluation { get; }

    /// <summary>For other services at the same address, grpc.health.v1 for one.</summary>
    public CallInvoker Invoker { get; }

    /// <summary>Prepares a connection; nothing is sent until the first call.</summary>
    /// <param name="address">
    /// <c>http://host:port</c> for HTTP/2 in clear text, <c>https://host:port</c>, or <c>unix:/path</c> for a Unix domain socket.
    /// </param>
    /// <param name="options">Null: the defaults.</param>
    public static DdpmClient Connect(Uri address, DdpmClientOptions? options = null)
    {
        options ??= new DdpmClientOptions();
        var channel = GrpcChannel.ForAddress(IsSocket(address) ? OverSocket : address, new GrpcChannelOptions
        {
            MaxReceiveMessageSize = options.MaximumMessageBytes,
            MaxSendMessageSize = options.MaximumMessageBytes,
            ThrowOperationCanceledOnCancellation = true,
            HttpHandler = ConnectionHandler.For(address, options),
            // Or its connections would stay open, and be pinged, after the client is disposed.
            DisposeHttpClient = true,
        });
        return new DdpmClient(channel, options);
    }

    /// <summary>Whether an address is the path of a Unix domain socket.</summary>
    public static bool IsSocket(Uri address) => address.IsAbsoluteUri && address.Scheme == "unix";

    /// <summary>Watches a job from an event on, through lost connections, until its last event.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="fromEvent">First event wanted, from 1.</param>
    /// <param name="cancellationToken">Ends the watch; the job goes on.</param>
    /// <exception cref="RpcException">NOT_FOUND, or the server did not answer for <see cref="DdpmClientOptions.ReconnectTimeout"/>.</exception>
    public IAsyncEnumerable<JobEvent> WatchJobAsync(string jobId, long fromEvent = 1, CancellationToken cancellationToken = default) =>
        WatchAsync(
            next => Orchestrator.WatchJob(new WatchJobRequest { JobId = jobId, FromEvent = next }, cancellationToken: cancellationToken),
            response => response.Event,
            jobEvent => jobEvent.Number,
            jobEvent => jobEvent.Job.State is JobState.Succeeded or JobState.Failed or JobState.Cancelled,
            fromEvent,
            cancellationToken);

    /// <summary>Watches a training run from an event on, through lost connections, until its last event.</summary>
    /// <inheritdoc cref="WatchJobAsync" path="/exception"/>
    public IAsyncEnumerable<RunEvent> WatchRunAsync(string runId, long fromEvent = 1, CancellationToken cancellationToken = default) =>
        WatchAsync(
            next => Trainer.WatchRun(new WatchRunRequest { RunId = runId, FromEvent = next }, cancellationToken: cancellationToken),
            response => response.Event,
            runEvent => runEvent.Number,
            runEvent => runEvent.Run.State is RunState.Succeeded or RunState.Failed or RunState.Stopped,
            fromEvent,
            cancellationToken);

    public void Dispose() => _channel.Dispose();

    private async IAsyncEnumerable<TEvent> WatchAsync<TResponse, TEvent>(
        Func<long, AsyncServerStreamingCall<TResponse>> open,
        Func<TResponse, TEvent> eventOf,
        Func<TEvent, long> numberOf,
        Func<TEvent, bool> isLast,
        long fromEvent,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var next = Math.Max(1, fromEvent);
        var delay = TimeSpan.Zero;
        var lastHeard = _options.TimeProvider.GetTimestamp();
        while (true)
        {
            if (delay > TimeSpan.Zero)
                await Task.Delay(delay, _options.TimeProvider, cancellationToken);
            using var call = open(next);
            while (true)
            {
                TEvent current;
                try
                {
                    if (!await call.ResponseStream.MoveNext(cancellationToken))
                        yield break;
                    current = eventOf(call.ResponseStream.Current);
                }
                catch (RpcException e) when (e.StatusCode is StatusCode.Unavailable && !cancellationToken.IsCancellationRequested
                    && _options.TimeProvider.GetElapsedTime(lastHeard) < _options.ReconnectTimeout)
                {
                    var doubled = delay * 2;
                    delay = delay == TimeSpan.Zero ? TimeSpan.FromMilliseconds(100)
                        : doubled < _options.MaximumReconnectDelay ? doubled : _options.MaximumReconnectDelay;
                    break;
                }
                next = numberOf(current) + 1;
                delay = TimeSpan.Zero;
                lastHeard = _options.TimeProvider.GetTimestamp();
                yield return current;
                if (isLast(current))
                    yield break;
            }
        }
    }
}
