using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Denoiser.Tests;

/// <summary>The client's side of a <c>PredictNoiseStream</c>.</summary>
internal sealed class TestStream(DenoiserService.DenoiserServiceClient denoiser) : IDisposable
{
    private readonly AsyncDuplexStreamingCall<PredictNoiseStreamRequest, PredictNoiseStreamResponse> _call =
        denoiser.PredictNoiseStream(cancellationToken: TestContext.Current.CancellationToken);

    public Task SendAsync(int id, PredictNoiseRequest? request) =>
        _call.RequestStream.WriteAsync(new PredictNoiseStreamRequest { Id = (ulong)id, Request = request }, TestContext.Current.CancellationToken);

    public Task CancelAsync(int id) => _call.RequestStream.WriteAsync(
        new PredictNoiseStreamRequest { Id = (ulong)id, Cancel = new CancelPrediction() }, TestContext.Current.CancellationToken);

    /// <summary>The next answer, whichever it is.</summary>
    public async Task<PredictNoiseStreamResponse> NextAsync()
    {
        (await _call.ResponseStream.MoveNext(TestContext.Current.CancellationToken)).ShouldBeTrue();
        return _call.ResponseStream.Current;
    }

    /// <summary>Sends a request and answers what comes next, which must be for it.</summary>
    public async Task<PredictNoiseStreamResponse> AskAsync(int id, PredictNoiseRequest? request)
    {
        await SendAsync(id, request);
        var answer = await NextAsync();
        answer.Id.ShouldBe((ulong)id);
        return answer;
    }

    /// <summary>Says that nothing more will be sent.</summary>
    public Task CompleteAsync() => _call.RequestStream.CompleteAsync();

    /// <summary>All answers until the server ends the stream.</summary>
    public async Task<List<PredictNoiseStreamResponse>> RestAsync()
    {
        var answers = new List<PredictNoiseStreamResponse>();
        await foreach (var answer in _call.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken))
            answers.Add(answer);
        return answers;
    }

    public void Dispose() => _call.Dispose();
}
