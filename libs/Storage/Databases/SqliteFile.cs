using System.Collections.Concurrent;
using Ddpm.Storage.Files;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace Ddpm.Storage.Databases;

/// <summary>An SQLite file of the storage root, migrated to what <typeparamref name="TContext"/> needs, which belongs to one process at a time.</summary>
internal sealed class SqliteFile<TContext> : IDatabase<TContext>
    where TContext : DbContext
{
    private const int MostKept = 8;

    private readonly ExclusiveFile _lock;
    private readonly PooledDbContextFactory<TContext> _contexts;

    /// <summary>
    /// Contexts whose connection stays open for the next caller: to open the file and read its schema costs more than most of what is asked, and with the
    /// last connection SQLite would take away the write-ahead log too.
    /// </summary>
    private readonly ConcurrentBag<TContext> _kept = [];

    /// <param name="root">The storage root.</param>
    /// <param name="name">The file's name without its ending.</param>
    /// <exception cref="StorageInUseException">Another process uses the file.</exception>
    public SqliteFile(string root, string name)
    {
        _lock = ExclusiveFile.Acquire(Path.Combine(root, $"{name}.lock"));
        try
        {
            var connection = new SqliteConnectionStringBuilder
            {
                DataSource = Path.Combine(root, $"{name}.db"),
                ForeignKeys = true,
                // The pool can lend one connection to two callers at once: one that is given back looks lost for a moment, and is given back again
                // (https://github.com/dotnet/efcore/issues/39008 is half of it).
                Pooling = false,
            };
            _contexts = new(new DbContextOptionsBuilder<TContext>().UseSqlite(connection.ToString()).Options);
            var context = Open();
            _kept.Add(context);
            // Write-ahead log, so that readers and the writer do not wait for each other; a commit is synced before it returns.
            context.Database.ExecuteSqlRaw("PRAGMA journal_mode = WAL");
            context.Database.Migrate();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public TContext Open()
    {
        if (_kept.TryTake(out var kept))
            return kept;
        var context = _contexts.CreateDbContext();
        context.Database.OpenConnection();
        return context;
    }

    public async ValueTask CloseAsync(DbContext context, bool hasFailed)
    {
        if (hasFailed || _kept.Count >= MostKept)
        {
            await context.DisposeAsync();
            return;
        }
        context.ChangeTracker.Clear();
        _kept.Add((TContext)context);
    }

    public void Dispose()
    {
        while (_kept.TryTake(out var context))
            context.Dispose();
        _lock.Dispose();
    }
}
