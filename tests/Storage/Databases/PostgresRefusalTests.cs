using Ddpm.Storage.Files;
using Ddpm.Storage.Jobs;
using Ddpm.Storage.Runs;
using Ddpm.Storage.Tests.Servers;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Ddpm.Storage.Tests.Databases;

/// <summary>What an operator reads of a database that cannot be used: which setting, which database, what its server said, and no password.</summary>
public sealed class PostgresRefusalTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    private const string Password = "kept-to-ourselves";

    [Fact]
    public async Task Open_WithALoginThatIsRefused_SaysWhatTheServerSaid()
    {
        var failure = await OpenAsync(database => database.Username = "stranger");
        failure.Message.ShouldContain("role \"stranger\" does not exist");
        failure.ShouldNotBeOfType<StorageUnavailableException>();
    }

    [Fact]
    public async Task Open_OfADatabaseThatIsNotThere_SaysWhatTheServerSaid()
    {
        var failure = await OpenAsync(database => database.Database = "nowhere");
        failure.Message.ShouldContain("database \"nowhere\" does not exist");
        failure.Message.ShouldContain("'nowhere'");
    }

    [Fact]
    public async Task Open_WithoutTheRightToMakeTables_SaysWhatTheServerSaid()
    {
        var connection = await server.NewDatabaseAsync(TestContext.Current.CancellationToken);
        await using (var owner = new NpgsqlConnection($"{connection};Pooling=false"))
        {
            await owner.OpenAsync(TestContext.Current.CancellationToken);
            await using var reader = new NpgsqlCommand("CREATE ROLE reader LOGIN", owner);
            await reader.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        Refused(new NpgsqlConnectionStringBuilder(connection) { Username = "reader" }).Message.ShouldContain("permission denied for schema public");
    }

    private async Task<IOException> OpenAsync(Action<NpgsqlConnectionStringBuilder> change)
    {
        var connection = new NpgsqlConnectionStringBuilder(await server.NewDatabaseAsync(TestContext.Current.CancellationToken));
        change(connection);
        return Refused(connection);
    }

    private static IOException Refused(NpgsqlConnectionStringBuilder connection)
    {
        connection.Password = Password;
        var options = Options.Create(new StorageOptions { Database = connection.ToString() });
        var failure = Should.Throw<IOException>(() => new RunDatabase(options));
        Should.Throw<IOException>(() => new JobDatabase(options)).Message.ShouldBe(failure.Message);
        failure.Message.ShouldContain("Storage:Database");
        failure.Message.ShouldNotContain(Password);
        failure.Message.ShouldNotContain("\n");
        return failure;
    }
}
