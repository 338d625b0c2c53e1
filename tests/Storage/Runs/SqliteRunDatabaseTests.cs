using Ddpm.Storage.Files;
using Ddpm.Storage.Runs;
using Microsoft.Extensions.Options;

namespace Ddpm.Storage.Tests.Runs;

public sealed class SqliteRunDatabaseTests : RunDatabaseContract
{
    private readonly TemporaryFolder _root = new();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _root.Dispose();
    }

    [Fact]
    public void Open_WhileAnotherHoldsIt_IsRefusedInWords() =>
        Should.Throw<StorageInUseException>(Open).Message.ShouldContain(_root.Path);

    /// <summary>No pool keeps a connection, and the last one to end leaves no write-ahead log behind.</summary>
    [Fact]
    public async Task Dispose_AfterCalls_LeavesOneFileAndTheLock()
    {
        (await Database.UnfinishedAsync(Cancellation)).ShouldBeEmpty();
        Names().ShouldBe(["runs.db", "runs.db-shm", "runs.db-wal", "runs.lock"]);

        Database.Dispose();

        Names().ShouldBe(["runs.db", "runs.lock"]);
    }

    protected override Task<RunDatabase> OpenAsync() => Task.FromResult(Open());

    private RunDatabase Open() => new(Options.Create(_root.Options));

    private IEnumerable<string> Names() => Directory.EnumerateFiles(_root.Path).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);
}
