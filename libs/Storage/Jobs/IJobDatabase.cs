namespace Ddpm.Storage.Jobs;

/// <summary>The durable record of jobs and their events. A call that has returned has been written.</summary>
public interface IJobDatabase
{
    /// <summary>Adds a job with its first event, unless its request id is known.</summary>
    /// <returns>The job, and whether it is new; a known request id answers the job that it submitted.</returns>
    Task<(JobRecord Job, bool IsNew)> AddAsync(JobRecord job, JobEventRecord submitted, CancellationToken cancellationToken = default);

    /// <returns>The job; null when there is none of that id.</returns>
    Task<JobRecord?> FindAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Writes a job as it is now together with the event that made it so.</summary>
    /// <returns>False when the job is gone.</returns>
    /// <exception cref="JobTakenException">There is another event of that number. Nothing is written.</exception>
    Task<bool> UpdateAsync(JobRecord job, JobEventRecord happened, CancellationToken cancellationToken = default);

    /// <summary>Notes that a client has asked for an end.</summary>
    Task RequestCancelAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Jobs before an id (null: from the newest on), newest first, at most <paramref name="limit"/>.</summary>
    Task<IReadOnlyList<JobRecord>> PageAsync(JobFilter filter, string? before, int limit, CancellationToken cancellationToken = default);

    Task<long> CountAsync(JobFilter filter, CancellationToken cancellationToken = default);

    /// <summary>Ids of the jobs that have not ended, oldest first.</summary>
    Task<IReadOnlyList<string>> UnfinishedAsync(CancellationToken cancellationToken = default);

    /// <summary>Events of a job from a number on, in order, at most <paramref name="limit"/>.</summary>
    Task<IReadOnlyList<JobEventRecord>> EventsAsync(string jobId, long from, int limit, CancellationToken cancellationToken = default);

    /// <summary>Removes a job and its events; none of that id is no error.</summary>
    Task DeleteAsync(string id, CancellationToken cancellationToken = default);
}
