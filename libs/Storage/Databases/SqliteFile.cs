using Ddpm.Storage.Files;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace Ddpm.Storage.Databases;

/// <summary>An SQLite file of the storage root, migrated to what <typeparamref name="TContext"/> needs, which belongs to one process at a time.</summary>
internal sealed class SqliteFile<TContext> : IDatabase<TContext>
    where TContext : DbContext
{
    private readonly ExclusiveFile _lock;
    private readonly PooledDbContextFactory<TContext> _contexts;

    /// <summary>A connection that stays open: with the last one SQLite would also take away the write-ahead log, and so after every call.</summary>
    private readonly TContext _open;

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
            _open = Open();
            _open.Database.OpenConnection();
            // Write-ahead log, so that readers and the writer do not wait for each other; a commit is synced before it returns.
            _open.Database.ExecuteSqlRaw("PRAGMA journal_mode = WAL");
            _open.Database.Migrate();
        }
        catch
        {
            _open?.Dispose();
            _lock.Dispose();
            throw;
        }
    }

    public TContext Open() => _contexts.CreateDbContext();

    public void Dispose()
    {
        _open.Dispose();
        _lock.Dispose();
    }
}
