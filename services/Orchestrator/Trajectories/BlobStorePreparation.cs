using Ddpm.Storage.Blobs;

namespace Ddpm.Orchestrator.Trajectories;

/// <summary>Before any job goes on: a blob store that cannot be used stops the start.</summary>
internal sealed class BlobStorePreparation(IBlobStore blobs) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => blobs.PrepareAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
