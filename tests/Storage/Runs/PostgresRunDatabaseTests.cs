using Ddpm.Storage.Runs;
using Ddpm.Storage.Tests.Servers;
using Microsoft.Extensions.Options;

namespace Ddpm.Storage.Tests.Runs;

public sealed class PostgresRunDatabaseTests(PostgresServer server) : RunDatabaseContract, IClassFixture<PostgresServer>
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
    public async Task AddAsync_SameRequestIdToTwoProcesses_MakesOneRun()
    {
        using var other = Open(_connection);
        using var database = Open(_connection);
        var added = await Task.WhenAll(new[] { database, other }.Select(opened => Task.Run(() =>
        {
            var run = new RunRecord { Id = Guid.CreateVersion7().ToString("D"), RequestId = "mine", Status = RunStatus.Queued, LastEvent = 1, Run = [1] };
            return opened.AddAsync(run, new RunEventRecord { RunId = run.Id, Number = 1, Event = [1] }, Cancellation);
        })));

        added.Count(a => a.IsNew).ShouldBe(1);
        added[0].Run.Id.ShouldBe(added[1].Run.Id);
    }

    protected override Task<RunDatabase> OpenAsync() => Task.FromResult(Open(_connection));

    private static RunDatabase Open(string connection) => new(Options.Create(new StorageOptions { Database = connection }));
}
