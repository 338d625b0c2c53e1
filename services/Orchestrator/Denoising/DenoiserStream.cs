using System.Collections.Concurrent;
using System.Threading.Channels;
using Ddpm.Protocol;
using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Orchestrator.Denoising;

/// <summary>
/// One open stream to a Denoiser: requests of all trajectories go out in the order they come and each is answered once. When the
/// stream breaks, every request under way ends with the reason, and the stream is of no further use.
/// </summary>
internal sealed class DenoiserStream : IAsyncDisposable
{
    private readonly AsyncDuplexStreamingCall<PredictNoiseStreamRequest, PredictNoiseStreamResponse> _call;
    private readonly Channel<PredictNoiseStreamRequest> _outgoing =
        Channel.CreateUnbounded<PredictNoiseStreamRequest>(new UnboundedChannelOptions { SingleReader = true, AllowSynchronousContinuations = true });
    private readonly ConcurrentDictionary<ulong, TaskCompletionSource<PredictNoiseResponse>> _underWay = new();
    private readonly Task _pumps;
    private volatile Exception? _broken;
    private ulong _lastId;

    public DenoiserStream(DenoiserService.DenoiserServiceClient client)
    {
        _call = client.PredictNoiseStream();
        _pumps = Task.WhenAll(Task.Run(WriteAsync), Task.Run(ReadAsync));
    }

    public bool IsBroken => _broken is not null;

    /// <exception cref="RpcException">What the Denoiser answered, or why the stream broke.</exception>
    public async Task<PredictNoiseResponse> PredictAsync(PredictNoiseRequest request, CancellationToken cancellationToken)
    {
        var id = Interlocked.Increment(ref _lastId);
        var completion = new TaskCompletionSource<PredictNoiseResponse>(TaskCreationOptions.RunContinuationsAsynchronously);
        _underWay[id] = completion;
        try
        {
            if (!_outgoing.Writer.TryWrite(new PredictNoiseStreamRequest { Id = id, Request = request }) || IsBroken)
                throw RpcErrors.Unavailable("The stream to the Denoiser is closed.");
            return await completion.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _outgoing.Writer.TryWrite(new PredictNoiseStreamRequest { Id = id, Cancel = new CancelPrediction() });
            throw;
        }
        finally
        {
            _underWay.TryRemove(id, out _);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _outgoing.Writer.TryComplete();
        _call.Dispose();
        await _pumps.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task WriteAsync()
    {
        try
        {
            await foreach (var request in _outgoing.Reader.ReadAllAsync())
            {
                // A request that nobody waits for any more was cancelled while it was queued here.
                if (request.Cancel is not null || _underWay.ContainsKey(request.Id))
                    await _call.RequestStream.WriteAsync(request);
            }
            await _call.RequestStream.CompleteAsync();
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException or OperationCanceledException or IOException)
        {
            Break(e);
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            await foreach (var response in _call.ResponseStream.ReadAllAsync())
            {
                if (!_underWay.TryRemove(response.Id, out var completion))
                    continue;
                if (response.OutcomeCase == PredictNoiseStreamResponse.OutcomeOneofCase.Error)
                    completion.TrySetException(ToRpcException(response.Error));
                else
                    completion.TrySetResult(response.Response);
            }
            Break(RpcErrors.Unavailable("The Denoiser ended the stream."));
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException or OperationCanceledException or IOException)
        {
            Break(e);
        }
    }

    private void Break(Exception reason)
    {
        _broken ??= reason;
        _outgoing.Writer.TryComplete();
        // However a connection is lost, the same may succeed on another; only a refusal to be called at all stays one.
        var seen = _broken is RpcException { StatusCode: StatusCode.Unauthenticated or StatusCode.PermissionDenied or StatusCode.Unimplemented } refusal
            ? refusal
            : RpcErrors.Unavailable($"The stream to the Denoiser broke: {_broken.Message}");
        foreach (var completion in _underWay.Values)
            completion.TrySetException(seen);
    }

    private static RpcException ToRpcException(RequestError error) => new Google.Rpc.Status
    {
        Code = error.Code,
        Message = error.Message,
        Details = { error.Details },
    }.ToRpcException();
}
