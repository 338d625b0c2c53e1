using Ddpm.Protocol;
using Grpc.Core;
using Grpc.Health.V1;

namespace Ddpm.Orchestrator.Denoising;

/// <summary>
/// Whether a Denoiser whose stream broke is back. One that hangs still lets itself be connected to, and has least under way: it would get row after row,
/// and each would wait until the connection is given up. So it is asked for its health until it answers, and rows go to others meanwhile.
/// </summary>
internal sealed class DenoiserHealth(DdpmClient client, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(5);

    private readonly Health.HealthClient _health = new(client.Invoker);
    private readonly CancellationTokenSource _closing = new();
    private int _isDoubtful;

    /// <summary>From <see cref="Doubt"/> until it answers.</summary>
    public bool IsDoubtful => Volatile.Read(ref _isDoubtful) != 0;

    public void Doubt()
    {
        if (Interlocked.Exchange(ref _isDoubtful, 1) == 0)
            _ = AskUntilAnsweredAsync(_closing.Token);
    }

    /// <summary>Asks no more.</summary>
    public void Dispose() => _closing.Cancel();

    private async Task AskUntilAnsweredAsync(CancellationToken closing)
    {
        for (var delay = FirstDelay; !await AnswersAsync(closing); delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay)
        {
            await Task.Delay(delay, time, closing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (closing.IsCancellationRequested)
                return;
        }
        Volatile.Write(ref _isDoubtful, 0);
    }

    private async Task<bool> AnswersAsync(CancellationToken closing)
    {
        using var patience = new CancellationTokenSource(AnswerWithin, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, closing);
        try
        {
            var answer = await _health.CheckAsync(new HealthCheckRequest(), cancellationToken: end.Token);
            return answer.Status == HealthCheckResponse.Types.ServingStatus.Serving;
        }
        catch (RpcException e)
        {
            // Whatever it refuses, it is there: one that has no health service, for instance.
            return e.StatusCode is not (StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Cancelled or StatusCode.Internal);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            return false;
        }
    }
}
