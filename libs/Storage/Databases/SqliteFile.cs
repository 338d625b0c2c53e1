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

    /// <summary>
    /// One caller after the other: SQLite has one writer at a time, and lets a second one that comes meanwhile sleep for longer than most of what is asked takes.
    /// </summary>
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>
    /// Its connection stays open: to open the file and read its schema costs more than most of what is asked, and with the last connection SQLite would take
    /// away the write-ahead log too. Null after a failure, until the next caller.
    /// </summary>
    private TContext? _context;

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
            _context = Opened();
            // Write-ahead log: a commit is one append, synced before it returns.
            _context.Database.ExecuteSqlRaw("PRAGMA journal_mode = WAL");
            _context.Database.Migrate();
        }
        catch
        {
            _context?.Dispose();
            _lock.Dispose();
            throw;
        }
    }

    public async ValueTask<TContext> OpenAsync()
    {
        await _turn.WaitAsync();
        try
        {
            return _context ??= Opened();
        }
        catch
        {
            _turn.Release();
            throw;
        }
    }

    public async ValueTask CloseAsync(TContext context, bool hasFailed)
    {
        try
        {
            context.ChangeTracker.Clear();
            if (hasFailed)
            {
                // Whatever it was in the middle of.
                _context = null;
                await context.DisposeAsync();
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose()
    {
        _context?.Dispose();
        _lock.Dispose();
    }

    private TContext Opened()
    {
        var context = _contexts.CreateDbContext();
        context.Database.OpenConnection();
        return context;
    }
}
