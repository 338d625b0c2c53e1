using System.Net.Sockets;
using Ddpm.Storage.Files;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace Ddpm.Storage.Databases;

/// <summary>Asking a database, where a full disk and a server that is away have exceptions of their own.</summary>
internal static class DatabaseCall
{
    // https://sqlite.org/rescode.html
    private const int SqliteFull = 13;

    /// <summary>Asks something in a context of its own.</summary>
    /// <exception cref="StorageFullException">The disk is full; nothing was written.</exception>
    /// <exception cref="StorageUnavailableException">The server is away.</exception>
    public static async Task<T> AskAsync<TContext, T>(this IDatabase<TContext> database, Func<TContext, Task<T>> ask)
        where TContext : DbContext
    {
        var context = await database.OpenAsync();
        var hasFailed = true;
        try
        {
            var answer = await ask(context);
            hasFailed = false;
            return answer;
        }
        catch (Exception e) when (IsFull(e))
        {
            throw new StorageFullException(e);
        }
        catch (Exception e) when (IsAway(e))
        {
            throw new StorageUnavailableException(e);
        }
        finally
        {
            await database.CloseAsync(context, hasFailed);
        }
    }

    /// <summary>What the database says lies within what the attempts to write it say.</summary>
    private static bool IsFull(Exception exception) => exception.GetBaseException()
        is SqliteException { SqliteErrorCode: SqliteFull }
        or PostgresException { SqlState: PostgresErrorCodes.DiskFull };

    /// <summary>Also a server that has become a standby, until the name that it had stands for its successor.</summary>
    public static bool IsAway(Exception exception) => exception
        is RetryLimitExceededException
        or TimeoutException
        or SocketException
        or NpgsqlException { IsTransient: true }
        or PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction }
        || exception is DbUpdateException or InvalidOperationException && exception.InnerException is { } inner && IsAway(inner);
}
