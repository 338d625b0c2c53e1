using Ddpm.Storage.Files;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Ddpm.Storage.Runs;

/// <summary>Training runs in the SQLite file <c>runs.db</c> of the storage root, which belongs to one process at a time.</summary>
public sealed class SqliteRunDatabase : IRunDatabase, IDisposable
{
    private readonly SqliteFile<RunsContext> _file;

    /// <exception cref="StorageInUseException">Another process uses the file.</exception>
    public SqliteRunDatabase(IOptions<StorageOptions> storage) =>
        _file = new SqliteFile<RunsContext>(storage.Value.FullRoot, "runs", options => new RunsContext(options));

    public async Task<(RunRecord Run, bool IsNew)> AddAsync(
        RunRecord run, RunEventRecord submitted, CancellationToken cancellationToken = default)
    {
        await using var context = Open();
        context.Add(run);
        context.Add(submitted);
        try
        {
            await SqliteWrite.GuardAsync(() => context.SaveChangesAsync(cancellationToken));
            return (run, true);
        }
        catch (DbUpdateException) when (run.RequestId is not null)
        {
            await using var fresh = Open();
            var known = await fresh.Runs.AsNoTracking().SingleOrDefaultAsync(r => r.RequestId == run.RequestId, cancellationToken);
            if (known is null)
                throw;
            return (known, false);
        }
    }

    public async Task<RunRecord?> FindAsync(string id, CancellationToken cancellationToken = default)
    {
        await using var context = Open();
        return await context.Runs.AsNoTracking().SingleOrDefaultAsync(r => r.Id == id, cancellationToken);
    }

    public async Task UpdateAsync(RunRecord run, RunEventRecord happened, CancellationToken cancellationToken = default)
    {
        await using var context = Open();
        context.Update(run);
        context.Add(happened);
        await SqliteWrite.GuardAsync(() => context.SaveChangesAsync(cancellationToken));
    }

    public async Task DeleteAsync(string id, CancellationToken cancellationToken = default)
    {
        await using var context = Open();
        await SqliteWrite.GuardAsync(() => context.Runs.Where(r => r.Id == id).ExecuteDeleteAsync(cancellationToken));
    }

    public async Task<IReadOnlyList<RunRecord>> PageAsync(string? before, int limit, CancellationToken cancellationToken = default)
    {
        await using var context = Open();
        var runs = context.Runs.AsNoTracking();
        if (before is not null)
            runs = runs.Where(r => string.Compare(r.Id, before) < 0);
        return await runs.OrderByDescending(r => r.Id).Take(limit).ToListAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<RunRecord>> UnfinishedAsync(CancellationToken cancellationToken = default)
    {
        await using var context = Open();
        return await context.Runs.AsNoTracking()
            .Where(r => r.Status == RunStatus.Queued || r.Status == RunStatus.Running)
            .OrderBy(r => r.Id)
            .ToListAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<RunEventRecord>> EventsAsync(
        string runId, long from, int limit, CancellationToken cancellationToken = default)
    {
        await using var context = Open();
        return await context.Events.AsNoTracking()
            .Where(e => e.RunId == runId && e.Number >= from)
            .OrderBy(e => e.Number)
            .Take(limit)
            .ToListAsync(cancellationToken);
    }

    public void Dispose() => _file.Dispose();

    private RunsContext Open() => _file.Open();
}
