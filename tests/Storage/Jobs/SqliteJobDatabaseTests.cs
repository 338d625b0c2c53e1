using Ddpm.Storage.Files;
using Ddpm.Storage.Jobs;
using Microsoft.Extensions.Options;

namespace Ddpm.Storage.Tests.Jobs;

public sealed class SqliteJobDatabaseTests : JobDatabaseContract
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

    protected override Task<JobDatabase> OpenAsync() => Task.FromResult(Open());

    private JobDatabase Open() => new(Options.Create(_root.Options));
}
