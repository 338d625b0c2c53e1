using Ddpm.Storage.Databases;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Ddpm.Storage.Runs;

/// <summary>Training runs in PostgreSQL, or in the SQLite file <c>runs.db</c> of the storage root, which belongs to one process at a time.</summary>
public sealed class RunDatabase : IRunDatabase, IDisposable
{
    private readonly IDatabase<RunsContext> _database;

    /// <exception cref="Files.StorageInUseException">Another process uses the file.</exception>
    public RunDatabase(IOptions<StorageOptions> storage) => _database = storage.Value.Database is { } connection
        ? new PostgresDatabase<RunsContext, PostgresRunsContext>(connection)
        : new SqliteFile<RunsContext>(storage.Value.FullRoot, "runs");

    public Task<(RunRecord Run, bool IsNew)> AddAsync(RunRecord run, RunEventRecord submitted, CancellationToken cancellationToken = default) =>
        _database.SubmitAsync(run, submitted, cancellationToken);

    public Task<RunRecord?> FindAsync(string id, CancellationToken cancellationToken = default) =>
        _database.AskAsync(context => context.Runs.AsNoTracking().SingleOrDefaultAsync(r => r.Id == id, cancellationToken));

    public Task UpdateAsync(RunRecord run, RunEventRecord happened, CancellationToken cancellationToken = default) =>
        _database.AskAsync(context => context.Database.CreateExecutionStrategy().ExecuteAsync(
            async cancellation =>
            {
                context.ChangeTracker.Clear();
                var known = await context.Events.AsNoTracking().SingleOrDefaultAsync(e => e.RunId == happened.RunId && e.Number == happened.Number, cancellation);
                // A commit whose answer was lost with its connection is tried again.
                if (known is not null && known.Event.AsSpan().SequenceEqual(happened.Event))
                    return 0;
                context.Update(run);
                context.Add(happened);
                return await context.SaveChangesAsync(cancellation);
            },
            cancellationToken));

    public Task DeleteAsync(string id, CancellationToken cancellationToken = default) =>
        _database.AskAsync(context => context.Runs.Where(r => r.Id == id).ExecuteDeleteAsync(cancellationToken));

    public async Task<IReadOnlyList<RunRecord>> PageAsync(string? before, int limit, CancellationToken cancellationToken = default) =>
        await _database.AskAsync(context => context.Runs.AsNoTracking()
            .Where(r => before == null || string.Compare(r.Id, before) < 0)
            .OrderByDescending(r => r.Id)
            .Take(limit)
            .ToListAsync(cancellationToken));

    public async Task<IReadOnlyList<RunRecord>> UnfinishedAsync(CancellationToken cancellationToken = default) =>
        await _database.AskAsync(context => context.Runs.AsNoTracking()
            .Where(r => r.Status == RunStatus.Queued || r.Status == RunStatus.Running)
            .OrderBy(r => r.Id)
            .ToListAsync(cancellationToken));

    public async Task<IReadOnlyList<RunEventRecord>> EventsAsync(
        string runId, long from, int limit, CancellationToken cancellationToken = default) =>
        await _database.AskAsync(context => context.Events.AsNoTracking()
            .Where(e => e.RunId == runId && e.Number >= from)
            .OrderBy(e => e.Number)
            .Take(limit)
            .ToListAsync(cancellationToken));

    public void Dispose() => _database.Dispose();
}
