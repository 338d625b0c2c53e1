using Ddpm.Storage.Jobs;
using Ddpm.Storage.Tests.Servers;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Ddpm.Storage.Tests.Jobs;

public sealed class PostgresJobDatabaseTests(PostgresServer server) : JobDatabaseContract, IClassFixture<PostgresServer>
{
    private string _connection = "";

    public override async ValueTask InitializeAsync()
    {
        _connection = await server.NewDatabaseAsync(Cancellation);
        await base.InitializeAsync();
    }

    [Fact]
    public async Task Open_ByManyAtOnce_MigratesOnce()
    {
        var fresh = await server.NewDatabaseAsync(Cancellation);
        var opened = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => Open(fresh))));
        foreach (var database in opened)
            (await database.UnfinishedAsync(Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task UpdateAsync_WhileTheServerRestarts_IsTriedAgain()
    {
        using var database = Open(_connection);
        var job = new JobRecord { Id = Guid.CreateVersion7().ToString("D"), Model = "toy", Sampler = "ddim", Status = JobStatus.Running, LastEvent = 1, Spec = [1], Job = [2] };
        await database.AddAsync(job, new JobEventRecord { JobId = job.Id, Number = 1, Event = [3] }, Cancellation);
        var restarting = Task.Run(() => server.RestartAsync(Cancellation), Cancellation);

        for (var number = 2; number <= 300 || !restarting.IsCompleted; number++)
        {
            job.LastEvent = number;
            (await database.UpdateAsync(job, new JobEventRecord { JobId = job.Id, Number = number, Event = [3] }, Cancellation)).ShouldBeTrue();
        }
        await restarting;

        var events = await database.EventsAsync(job.Id, 1, int.MaxValue, Cancellation);
        events.Select(e => e.Number).ShouldBe(Enumerable.Range(1, (int)job.LastEvent).Select(n => (long)n));
    }

    [Fact]
    public async Task UpdateAsync_WhoseConnectionIsTerminatedWhileItWrites_IsTriedAgain()
    {
        using var database = Open(_connection);
        var job = new JobRecord { Id = Guid.CreateVersion7().ToString("D"), Model = "toy", Sampler = "ddim", Status = JobStatus.Running, LastEvent = 1, Spec = [1], Job = [2] };
        await database.AddAsync(job, new JobEventRecord { JobId = job.Id, Number = 1, Event = [3] }, Cancellation);
        var terminating = Task.Run(() => TerminateWritersAsync(_connection, times: 3), Cancellation);

        for (var number = 2; !terminating.IsCompleted; number++)
        {
            job.LastEvent = number;
            (await database.UpdateAsync(job, new JobEventRecord { JobId = job.Id, Number = number, Event = [3] }, Cancellation)).ShouldBeTrue();
        }
        await terminating;

        var events = await database.EventsAsync(job.Id, 1, int.MaxValue, Cancellation);
        events.Select(e => e.Number).ShouldBe(Enumerable.Range(1, (int)job.LastEvent).Select(n => (long)n));
    }

    /// <summary>Terminates connections that are writing, as a server that shuts down does.</summary>
    private static async Task TerminateWritersAsync(string database, int times)
    {
        await using var connection = new NpgsqlConnection($"{database};Pooling=false");
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid() AND query LIKE 'INSERT%'",
            connection);
        for (var terminated = 0L; terminated < times;)
            terminated += (long)(await command.ExecuteScalarAsync(Cancellation))!;
    }

    protected override Task<JobDatabase> OpenAsync() => Task.FromResult(Open(_connection));

    private static JobDatabase Open(string connection) => new(Options.Create(new StorageOptions { Database = connection }));
}
