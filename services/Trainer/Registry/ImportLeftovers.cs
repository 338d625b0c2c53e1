namespace Ddpm.Trainer.Registry;

/// <summary>Removes, before anything listens, what interrupted imports have left.</summary>
internal sealed class ImportLeftovers(ModelImport import) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        import.RemoveLeftovers();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
