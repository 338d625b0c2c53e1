using Ddpm.Storage.Files;
using Ddpm.Storage.Runs;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace Ddpm.Storage.Tests.Runs;

public sealed class SqliteRunDatabaseTests : RunDatabaseContract
{
    private readonly TemporaryFolder _root = new();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        SqliteConnection.ClearAllPools();
        _root.Dispose();
    }

    [Fact]
    public void Open_WhileAnotherHoldsIt_IsRefusedInWords() =>
        Should.Throw<StorageInUseException>(Open).Message.ShouldContain(_root.Path);

    protected override Task<RunDatabase> OpenAsync() => Task.FromResult(Open());

    private RunDatabase Open() => new(Options.Create(_root.Options));
}
