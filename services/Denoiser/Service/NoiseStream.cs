using System.Collections.Concurrent;
using System.Threading.Channels;
using Ddpm.Protocol;
using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Denoiser;

/// <summary>
/// One bidirectional stream: requests are answered as they are done, by a single writer. When too many are under way nothing more is read
/// until an answer has been written, so that a client which sends without reading is held up by the transport and not kept in memory.
/// </summary>
internal sealed class NoiseStream(LocalPrediction prediction, int maximumUnderWay)
{
    private readonly SemaphoreSlim _places = new(maximumUnderWay);
    private readonly ConcurrentDictionary<ulong, CancellationTokenSource> _underWay = [];
    private readonly Channel<PredictNoiseStreamResponse> _answers =
        Channel.CreateUnbounded<PredictNoiseStreamResponse>(new UnboundedChannelOptions { SingleReader = true, AllowSynchronousContinuations = true });

    /// <summary>Runs until the client has sent its last request and all are answered.</summary>
    /// <param name="requests">What comes.</param>
    /// <param name="responses">Where the answers go.</param>
    /// <param name="stopping">The server is shutting down: what is under way is answered, then the stream ends with UNAVAILABLE.</param>
    /// <param name="disconnected">The client is gone: what waits is dropped.</param>
    public async Task RunAsync(
        IAsyncStreamReader<PredictNoiseStreamRequest> requests,
        IServerStreamWriter<PredictNoiseStreamResponse> responses,
        CancellationToken stopping,
        CancellationToken disconnected)
    {
        using var abandoned = CancellationTokenSource.CreateLinkedTokenSource(disconnected);
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(abandoned.Token, stopping);
        var writing = WriteAsync(responses, abandoned);
        try
        {
            await ReadAsync(requests, reading.Token, abandoned.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested && !abandoned.IsCancellationRequested)
        {
            // Refused below, once what is under way is answered.
        }
        catch
        {
            await abandoned.CancelAsync();
            throw;
        }
        finally
        {
            for (var i = 0; i < maximumUnderWay; i++)
                await _places.WaitAsync(CancellationToken.None);
            _answers.Writer.Complete();
            await writing;
        }
        if (stopping.IsCancellationRequested)
            throw RpcErrors.Unavailable("The server is shutting down.");
    }

    private async Task ReadAsync(
        IAsyncStreamReader<PredictNoiseStreamRequest> requests, CancellationToken reading, CancellationToken abandoned)
    {
        while (await NextAsync(requests, reading))
        {
            var (id, request) = (requests.Current.Id, requests.Current.Request);
            switch (requests.Current.ActionCase)
            {
                case PredictNoiseStreamRequest.ActionOneofCase.Cancel:
                    Cancel(id);
                    _places.Release();
                    break;
                case PredictNoiseStreamRequest.ActionOneofCase.Request:
                    Begin(id, request, abandoned);
                    break;
                default:
                    Answer(Failure(id, RpcErrors.Invalid("action", "must be request or cancel")));
                    break;
            }
        }
    }

    private void Begin(ulong id, PredictNoiseRequest request, CancellationToken abandoned)
    {
        var ending = CancellationTokenSource.CreateLinkedTokenSource(abandoned);
        if (_underWay.TryAdd(id, ending))
        {
            _ = AnswerAsync(id, request, ending);
            return;
        }
        ending.Dispose();
        Answer(Failure(id, RpcErrors.Invalid("id", $"must be unique among the requests under way on this stream, {id} is under way")));
    }

    private void Cancel(ulong id)
    {
        try
        {
            if (_underWay.TryGetValue(id, out var ending))
                ending.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It was answered at this very moment.
        }
    }

    /// <summary>Takes a place, which is given back once the answer is written, and reads a request.</summary>
    /// <returns>Whether there was one.</returns>
    private async Task<bool> NextAsync(IAsyncStreamReader<PredictNoiseStreamRequest> requests, CancellationToken reading)
    {
        await _places.WaitAsync(reading);
        var came = false;
        try
        {
            return came = await requests.MoveNext(reading);
        }
        finally
        {
            if (!came)
                _places.Release();
        }
    }

    private async Task AnswerAsync(ulong id, PredictNoiseRequest request, CancellationTokenSource ending)
    {
        var answer = await PredictAsync(id, request, ending.Token);
        // Before the answer is sent: then the client may use the id again.
        _underWay.TryRemove(id, out _);
        ending.Dispose();
        Answer(answer);
    }

    private async Task<PredictNoiseStreamResponse> PredictAsync(ulong id, PredictNoiseRequest request, CancellationToken ending)
    {
        try
        {
            return new PredictNoiseStreamResponse { Id = id, Response = await prediction.PredictAsync(request, ending) };
        }
        catch (RpcException e)
        {
            return Failure(id, e);
        }
        catch (OperationCanceledException)
        {
            return Failure(id, RpcErrors.Cancelled("The client cancelled the request."));
        }
    }

    private void Answer(PredictNoiseStreamResponse answer) => _answers.Writer.TryWrite(answer);

    private async Task WriteAsync(IServerStreamWriter<PredictNoiseStreamResponse> responses, CancellationTokenSource abandoned)
    {
        await foreach (var answer in _answers.Reader.ReadAllAsync(CancellationToken.None))
        {
            try
            {
                if (!abandoned.IsCancellationRequested)
                    await responses.WriteAsync(answer, CancellationToken.None);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // The client is gone. What is left is answered to nobody.
                await abandoned.CancelAsync();
            }
            _places.Release();
        }
    }

    private static PredictNoiseStreamResponse Failure(ulong id, RpcException exception)
    {
        var error = new RequestError { Code = (int)exception.StatusCode, Message = exception.Status.Detail };
        if (exception.GetRpcStatus() is { } status)
            error.Details.Add(status.Details);
        return new PredictNoiseStreamResponse { Id = id, Error = error };
    }
}
