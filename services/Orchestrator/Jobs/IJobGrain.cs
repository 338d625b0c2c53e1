namespace Ddpm.Orchestrator.Jobs;

/// <summary>One job; its key is the job's id. The cluster keeps one activation, so that exactly one replica runs the job.</summary>
[Alias("Ddpm.Orchestrator.IJobGrain")]
internal interface IJobGrain : IGrainWithStringKey
{
    /// <summary>Runs the job unless it runs or has ended; returns at once.</summary>
    [Alias("Start")]
    Task StartAsync();

    /// <summary>Stops the job at its next step and returns when it is stopped; an ended job is left as it is.</summary>
    [Alias("Cancel")]
    Task CancelAsync();

    /// <summary>The job's events from a number on until its last, each the bytes of the contract's JobEvent.</summary>
    [Alias("Watch")]
    IAsyncEnumerable<byte[]> WatchAsync(long from, CancellationToken cancellationToken);

    /// <summary>Removes an ended job with all that is kept of it.</summary>
    /// <returns>False when it has not ended.</returns>
    [Alias("Delete")]
    Task<bool> DeleteAsync();
}
