using Ddpm.Storage.Files;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Ddpm.Storage.Databases;

/// <summary>Writing to a database, where a full disk has an exception of its own.</summary>
internal static class DatabaseWrite
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

    /// <summary>What the database says lies within what the attempts to write it say.</summary>
    private static bool IsFull(Exception exception) => exception.GetBaseException()
        is SqliteException { SqliteErrorCode: SqliteFull }
        or PostgresException { SqlState: PostgresErrorCodes.DiskFull };
}
