namespace Ddpm.Storage.Runs;

/// <summary>The durable record of training runs and their events. A call that has returned has been written.</summary>
public interface IRunDatabase
{
    /// <summary>Adds a run with its first event, unless its request id is known.</summary>
    /// <returns>The run, and whether it is new; a known request id answers the run that it started.</returns>
    Task<(RunRecord Run, bool IsNew)> AddAsync(RunRecord run, RunEventRecord submitted, CancellationToken cancellationToken = default);

    /// <returns>The run; null when there is none of that id.</returns>
    Task<RunRecord?> FindAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Writes a run as it is now together with the event that made it so.</summary>
    Task UpdateAsync(RunRecord run, RunEventRecord happened, CancellationToken cancellationToken = default);

    /// <summary>Removes a run and its events; one that is not there is left alone.</summary>
    Task DeleteAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Runs before an id (null: from the newest on), newest first, at most <paramref name="limit"/>.</summary>
    Task<IReadOnlyList<RunRecord>> PageAsync(string? before, int limit, CancellationToken cancellationToken = default);

    /// <summary>The runs that have not ended, oldest first.</summary>
    Task<IReadOnlyList<RunRecord>> UnfinishedAsync(CancellationToken cancellationToken = default);

    /// <summary>Events of a run from a number on, in order, at most <paramref name="limit"/>.</summary>
    Task<IReadOnlyList<RunEventRecord>> EventsAsync(string runId, long from, int limit, CancellationToken cancellationToken = default);
}
