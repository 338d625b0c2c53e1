namespace Ddpm.Trainer.Data;

/// <summary>Before anything listens, removes what uploads and preparations of a lost process have left.</summary>
internal sealed class DataSetLeftovers(DataSetLibrary library) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        library.RemoveLeftovers();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
