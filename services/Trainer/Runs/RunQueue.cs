using System.Collections.Concurrent;
using System.Threading.Channels;

namespace Ddpm.Trainer.Runs;

/// <summary>Runs that wait for their turn, and a way to stop each.</summary>
internal sealed class RunQueue
{
    private readonly Channel<string> _waiting = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ConcurrentDictionary<string, CancellationTokenSource> _stops = new();

    public void Enqueue(string runId)
    {
        _stops[runId] = new CancellationTokenSource();
        _waiting.Writer.TryWrite(runId);
    }

    public IAsyncEnumerable<string> ReadAllAsync(CancellationToken cancellationToken) => _waiting.Reader.ReadAllAsync(cancellationToken);

    /// <summary>What stops a run that has its turn; null when an earlier turn has dealt with it, as it was stopped and resumed while it waited.</summary>
    public CancellationTokenSource? Take(string runId) => _stops.GetValueOrDefault(runId);

    /// <summary>Asks a run to stop; one that has ended is left alone.</summary>
    public void Stop(string runId)
    {
        if (_stops.TryGetValue(runId, out var stop))
            stop.Cancel();
    }

    /// <summary>A turn is over; the run may meanwhile wait for its next one.</summary>
    public void Forget(string runId, CancellationTokenSource stop) => _stops.TryRemove(KeyValuePair.Create(runId, stop));
}
