using Ddpm.V1;
using Microsoft.Extensions.Options;

namespace Ddpm.Orchestrator.Jobs;

/// <summary>
/// Bounds how many jobs run at once in this process; the others wait in the order in which they came. Each priority has places of its own, so that
/// nobody who is interactive waits for the end of a bulk job.
/// </summary>
internal sealed class JobSlots(IOptions<OrchestratorOptions> options) : IDisposable
{
    private readonly SemaphoreSlim _interactive = new(options.Value.MaxRunningJobs);
    private readonly SemaphoreSlim _bulk = new(options.Value.MaxRunningJobs);

    private int _running;

    /// <summary>Jobs that run here at this moment, of all priorities.</summary>
    public int Running => Volatile.Read(ref _running);

    public async Task EnterAsync(Priority priority, CancellationToken cancellationToken)
    {
        await Of(priority).WaitAsync(cancellationToken);
        Interlocked.Increment(ref _running);
    }

    public void Leave(Priority priority)
    {
        Interlocked.Decrement(ref _running);
        Of(priority).Release();
    }

    public void Dispose()
    {
        _interactive.Dispose();
        _bulk.Dispose();
    }

    private SemaphoreSlim Of(Priority priority) => priority == Priority.Bulk ? _bulk : _interactive;
}
