using Ddpm.Storage.Files;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Ddpm.Storage.Jobs;

/// <summary>Jobs in the SQLite file <c>jobs.db</c> of the storage root, which belongs to one process at a time.</summary>
public sealed class SqliteJobDatabase : IJobDatabase, IDisposable
{
    private readonly SqliteFile<JobsContext> _file;

    /// <exception cref="StorageInUseException">Another process uses the file.</exception>
    public SqliteJobDatabase(IOptions<StorageOptions> storage) =>
        _file = new SqliteFile<JobsContext>(storage.Value.FullRoot, "jobs", options => new JobsContext(options));

    public async Task<(JobRecord Job, bool IsNew)> AddAsync(
        JobRecord job, JobEventRecord submitted, CancellationToken cancellationToken = default)
    {
        await using var context = Open();
        context.Add(job);
        context.Add(submitted);
        try
        {
            await SqliteWrite.GuardAsync(() => context.SaveChangesAsync(cancellationToken));
            return (job, true);
        }
        catch (DbUpdateException) when (job.RequestId is not null)
        {
            await using var fresh = Open();
            var known = await fresh.Jobs.AsNoTracking().SingleOrDefaultAsync(j => j.RequestId == job.RequestId, cancellationToken);
            if (known is null)
                throw;
            return (known, false);
        }
    }

    public async Task<JobRecord?> FindAsync(string id, CancellationToken cancellationToken = default)
    {
        await using var context = Open();
        return await context.Jobs.AsNoTracking().SingleOrDefaultAsync(j => j.Id == id, cancellationToken);
    }

    public Task<bool> UpdateAsync(JobRecord job, JobEventRecord happened, CancellationToken cancellationToken = default) =>
        SqliteWrite.GuardAsync(() => WriteAsync(job, happened, cancellationToken));

    public async Task RequestCancelAsync(string id, CancellationToken cancellationToken = default)
    {
        await using var context = Open();
        await SqliteWrite.GuardAsync(() => context.Jobs
            .Where(j => j.Id == id)
            .ExecuteUpdateAsync(set => set.SetProperty(j => j.CancelRequested, true), cancellationToken));
    }

    public async Task<IReadOnlyList<JobRecord>> PageAsync(
        JobFilter filter, string? before, int limit, CancellationToken cancellationToken = default)
    {
        await using var context = Open();
        var jobs = Matching(context, filter);
        if (before is not null)
            jobs = jobs.Where(j => string.Compare(j.Id, before) < 0);
        return await jobs.OrderByDescending(j => j.Id).Take(limit).ToListAsync(cancellationToken);
    }

    public async Task<long> CountAsync(JobFilter filter, CancellationToken cancellationToken = default)
    {
        await using var context = Open();
        return await Matching(context, filter).LongCountAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<string>> UnfinishedAsync(CancellationToken cancellationToken = default)
    {
        await using var context = Open();
        return await context.Jobs
            .Where(j => j.Status == JobStatus.Queued || j.Status == JobStatus.Running)
            .OrderBy(j => j.Id)
            .Select(j => j.Id)
            .ToListAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<JobEventRecord>> EventsAsync(
        string jobId, long from, int limit, CancellationToken cancellationToken = default)
    {
        await using var context = Open();
        return await context.Events.AsNoTracking()
            .Where(e => e.JobId == jobId && e.Number >= from)
            .OrderBy(e => e.Number)
            .Take(limit)
            .ToListAsync(cancellationToken);
    }

    public async Task DeleteAsync(string id, CancellationToken cancellationToken = default)
    {
        await using var context = Open();
        await SqliteWrite.GuardAsync(() => context.Jobs.Where(j => j.Id == id).ExecuteDeleteAsync(cancellationToken));
    }

    public void Dispose() => _file.Dispose();

    private async Task<bool> WriteAsync(JobRecord job, JobEventRecord happened, CancellationToken cancellationToken)
    {
        await using var context = Open();
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var updated = await context.Jobs.Where(j => j.Id == job.Id).ExecuteUpdateAsync(
            set => set
                .SetProperty(j => j.Status, job.Status)
                .SetProperty(j => j.LastEvent, job.LastEvent)
                .SetProperty(j => j.Job, job.Job),
            cancellationToken);
        if (updated == 0)
            return false;
        context.Add(happened);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    private JobsContext Open() => _file.Open();

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
