using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace Ddpm.Storage.Databases;

/// <summary>
/// Tables in a PostgreSQL database, which any number of processes share. What fails because the server restarts, or the network does, is tried again for
/// half a minute.
/// </summary>
/// <typeparam name="TContext">What is asked for.</typeparam>
/// <typeparam name="TPostgres">The same with PostgreSQL's migrations.</typeparam>
internal sealed class PostgresDatabase<TContext, TPostgres> : IDatabase<TContext>
    where TContext : DbContext
    where TPostgres : TContext
{
    private const int Retries = 8;

    /// <summary>Any number that nothing else in the database locks: "ddpm" in ASCII.</summary>
    private const long MigrationLock = 0x6464706D;

    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);

    private readonly PooledDbContextFactory<TPostgres> _contexts;

    /// <param name="connection">As Npgsql takes it.</param>
    /// <exception cref="Files.StorageUnavailableException">The server is away, and stayed away.</exception>
    /// <exception cref="IOException">The server refuses the login, does not have the database, or lets it not be migrated.</exception>
    public PostgresDatabase(string connection)
    {
        _contexts = new(new DbContextOptionsBuilder<TPostgres>()
            .UseNpgsql(connection, postgres => postgres.EnableRetryOnFailure(Retries, LongestDelay, errorCodesToAdd: null))
            .Options);
        try
        {
            using var context = _contexts.CreateDbContext();
            context.Database.CreateExecutionStrategy().Execute(Migrate);
        }
        catch (Exception e) when (PostgresFailure.Is(e))
        {
            throw PostgresFailure.InWords(connection, e);
        }
    }

    public async ValueTask<TContext> OpenAsync() => await _contexts.CreateDbContextAsync();

    public ValueTask CloseAsync(TContext context, bool hasFailed) => context.DisposeAsync();

    public void Dispose()
    {
        // Connections are pooled by the process.
    }

    /// <summary>Of several processes that start together one migrates, the others wait for it and find nothing left to do.</summary>
    private void Migrate()
    {
        using var context = _contexts.CreateDbContext();
        // EF Core's own lock ends with the transaction of each single migration; one of the session's holds over all of them.
        context.Database.OpenConnection();
        context.Database.ExecuteSql($"SELECT pg_advisory_lock({MigrationLock})");
        try
        {
            context.Database.Migrate();
        }
        finally
        {
            context.Database.ExecuteSql($"SELECT pg_advisory_unlock({MigrationLock})");
        }
    }
}
