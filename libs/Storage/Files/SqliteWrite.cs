using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Ddpm.Storage.Files;

/// <summary>Writing to SQLite, where a full disk has an exception of its own.</summary>
internal static class SqliteWrite
{
    // https://sqlite.org/rescode.html
    private const int SqliteFull = 13;

    /// <exception cref="StorageFullException">The disk is full; nothing was written.</exception>
    public static async Task<T> GuardAsync<T>(Func<Task<T>> write)
    {
        try
        {
            return await write();
        }
        catch (Exception e) when (IsFull(e))
        {
            throw new StorageFullException(e);
        }
    }

    private static bool IsFull(Exception exception) =>
        (exception is DbUpdateException ? exception.InnerException : exception) is SqliteException { SqliteErrorCode: SqliteFull };
}
