using Microsoft.Extensions.Options;

namespace Ddpm.Orchestrator.Jobs;

/// <summary>Bounds how many jobs run at once in this process; the others wait in the order in which they came.</summary>
internal sealed class JobSlots(IOptions<OrchestratorOptions> options) : IDisposable
{
    private readonly SemaphoreSlim _free = new(options.Value.MaxRunningJobs);

    public Task EnterAsync(CancellationToken cancellationToken) => _free.WaitAsync(cancellationToken);

    public void Leave() => _free.Release();

    public void Dispose() => _free.Dispose();
}
