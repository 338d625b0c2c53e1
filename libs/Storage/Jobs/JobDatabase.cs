using Ddpm.Storage.Databases;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Ddpm.Storage.Jobs;

/// <summary>Jobs in PostgreSQL, or in the SQLite file <c>jobs.db</c> of the storage root, which belongs to one process at a time.</summary>
public sealed class JobDatabase : IJobDatabase, IDisposable
{
    private readonly IDatabase<JobsContext> _database;

    /// <exception cref="Files.StorageInUseException">Another process uses the file.</exception>
    public JobDatabase(IOptions<StorageOptions> storage) => _database = storage.Value.Database is { } connection
        ? new PostgresDatabase<JobsContext, PostgresJobsContext>(connection)
        : new SqliteFile<JobsContext>(storage.Value.FullRoot, "jobs");

    public Task<(JobRecord Job, bool IsNew)> AddAsync(JobRecord job, JobEventRecord submitted, CancellationToken cancellationToken = default) =>
        _database.SubmitAsync(job, submitted, cancellationToken);

    public Task<JobRecord?> FindAsync(string id, CancellationToken cancellationToken = default) =>
        _database.AskAsync(context => context.Jobs.AsNoTracking().SingleOrDefaultAsync(j => j.Id == id, cancellationToken));

    public Task<bool> UpdateAsync(JobRecord job, JobEventRecord happened, CancellationToken cancellationToken = default) =>
        _database.AskAsync(context => WriteAsync(context, job, happened, cancellationToken));

    public Task RequestCancelAsync(string id, CancellationToken cancellationToken = default) =>
        _database.AskAsync(context => context.Jobs
            .Where(j => j.Id == id)
            .ExecuteUpdateAsync(set => set.SetProperty(j => j.CancelRequested, true), cancellationToken));

    public async Task<IReadOnlyList<JobRecord>> PageAsync(
        JobFilter filter, string? before, int limit, CancellationToken cancellationToken = default) =>
        await _database.AskAsync(context => Matching(context, filter)
            .Where(j => before == null || string.Compare(j.Id, before) < 0)
            .OrderByDescending(j => j.Id)
            .Take(limit)
            .ToListAsync(cancellationToken));

    public Task<long> CountAsync(JobFilter filter, CancellationToken cancellationToken = default) =>
        _database.AskAsync(context => Matching(context, filter).LongCountAsync(cancellationToken));

    public async Task<IReadOnlyList<string>> UnfinishedAsync(CancellationToken cancellationToken = default) =>
        await _database.AskAsync(context => context.Jobs
            .Where(j => j.Status == JobStatus.Queued || j.Status == JobStatus.Running)
            .OrderBy(j => j.Id)
            .Select(j => j.Id)
            .ToListAsync(cancellationToken));

    public async Task<IReadOnlyList<JobEventRecord>> EventsAsync(
        string jobId, long from, int limit, CancellationToken cancellationToken = default) =>
        await _database.AskAsync(context => context.Events.AsNoTracking()
            .Where(e => e.JobId == jobId && e.Number >= from)
            .OrderBy(e => e.Number)
            .Take(limit)
            .ToListAsync(cancellationToken));

    public Task DeleteAsync(string id, CancellationToken cancellationToken = default) =>
        _database.AskAsync(context => context.Jobs.Where(j => j.Id == id).ExecuteDeleteAsync(cancellationToken));

    public void Dispose() => _database.Dispose();

    private static async Task<bool> WriteAsync(JobsContext context, JobRecord job, JobEventRecord happened, CancellationToken cancellationToken)
    {
        // What a client may have asked for meanwhile is not this writer's: only what it knows is written.
        var written = context.Attach(job);
        written.Property(j => j.Status).IsModified = true;
        written.Property(j => j.Stretch).IsModified = true;
        written.Property(j => j.LastEvent).IsModified = true;
        written.Property(j => j.Job).IsModified = true;
        context.Add(happened);
        try
        {
            await context.SaveChangesAsync(cancellationToken);
            return true;
        }
        catch (DbUpdateException e) when (!DatabaseCall.IsAway(e))
        {
            context.ChangeTracker.Clear();
            var known = await context.Events.SingleOrDefaultAsync(e => e.JobId == happened.JobId && e.Number == happened.Number, cancellationToken);
            // A commit whose answer was lost with its connection is tried again.
            if (known is not null)
                return known.Event.AsSpan().SequenceEqual(happened.Event) ? true : throw new JobTakenException(job.Id);
            if (!await context.Jobs.AnyAsync(j => j.Id == job.Id, cancellationToken))
                return false;
            throw;
        }
    }

    private static IQueryable<JobRecord> Matching(JobsContext context, JobFilter filter)
    {
        var jobs = context.Jobs.AsNoTracking();
        if (filter.Statuses.Count > 0)
        {
            var statuses = filter.Statuses.ToArray();
            jobs = jobs.Where(j => statuses.Contains(j.Status));
        }
        if (filter.Model.Length > 0)
            jobs = jobs.Where(j => j.Model == filter.Model);
        if (filter.Sampler.Length > 0)
            jobs = jobs.Where(j => j.Sampler == filter.Sampler);
        return jobs;
    }
}
