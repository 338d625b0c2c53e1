using Ddpm.Storage.Files;
using Npgsql;

namespace Ddpm.Storage.Databases;

/// <summary>
/// A lock of a PostgreSQL database, which one process holds by a connection of its own: the server lets go of it when that connection ends, however it ends.
/// </summary>
public sealed class PostgresLock : IAsyncDisposable
{
    private const int KeepAliveSeconds = 5;

    // A client that is gone without a word is noticed within 25 seconds. A connection of the same name is one that this client has lost and the server not yet.
    private const string Prepare = """
        SET tcp_keepalives_idle = 10;
        SET tcp_keepalives_interval = 5;
        SET tcp_keepalives_count = 3;
        SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = current_setting('application_name') AND pid <> pg_backend_pid()
        """;

    // A standby has locks of its own.
    private const string TryLock = "SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_try_advisory_lock($1) END";

    private readonly NpgsqlConnection _connection;
    private readonly CancellationTokenSource _disposing = new();

    private PostgresLock(NpgsqlConnection connection)
    {
        _connection = connection;
        Lost = WaitForTheEndAsync();
    }

    /// <summary>Ends when the connection is lost, and perhaps the lock with it, or when the lock is disposed of; never fails.</summary>
    public Task Lost { get; }

    /// <param name="connection">Connection string, as Npgsql takes it.</param>
    /// <param name="key">What is locked: a number that nothing else in the database locks.</param>
    /// <param name="holder">Name of the process, at most 63 characters, that no other one has. A connection of that name that is still there is ended.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The lock; null when another connection holds it.</returns>
    /// <exception cref="StorageUnavailableException">The server is away, or a standby.</exception>
    /// <exception cref="IOException">The server refuses the login, or does not have the database.</exception>
    public static async Task<PostgresLock?> TryTakeAsync(string connection, long key, string holder, CancellationToken cancellationToken)
    {
        var own = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connection)
        {
            ApplicationName = holder,
            Pooling = false,
            Multiplexing = false,
            KeepAlive = KeepAliveSeconds,
            TcpKeepAlive = false,
        }.ToString());
        var isHeld = false;
        try
        {
            await own.OpenAsync(cancellationToken);
            await using (var prepare = new NpgsqlCommand(Prepare, own))
                await prepare.ExecuteNonQueryAsync(cancellationToken);
            await using var tryLock = new NpgsqlCommand(TryLock, own) { Parameters = { new() { Value = key } } };
            isHeld = await tryLock.ExecuteScalarAsync(cancellationToken) as bool?
                ?? throw new StorageUnavailableException($"{PostgresFailure.Name(connection)} cannot be used: the server is a standby.");
        }
        catch (Exception e) when (PostgresFailure.Is(e))
        {
            throw PostgresFailure.InWords(connection, e);
        }
        finally
        {
            if (!isHeld)
                await own.DisposeAsync();
        }
        return isHeld ? new PostgresLock(own) : null;
    }

    public async ValueTask DisposeAsync()
    {
        await _disposing.CancelAsync();
        await Lost;
        await _connection.DisposeAsync();
        _disposing.Dispose();
    }

    private async Task WaitForTheEndAsync()
    {
        try
        {
            // Notices of the server, of which there are none but by chance, end a wait, and so does the end of the connection.
            while (true)
                await _connection.WaitAsync(_disposing.Token);
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException or IOException or OperationCanceledException)
        {
            // Whatever it was: nothing is known of the lock any more.
        }
    }
}
