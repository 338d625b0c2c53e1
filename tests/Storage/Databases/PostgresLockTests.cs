using Ddpm.Storage.Databases;
using Ddpm.Storage.Files;
using Ddpm.Storage.Tests.Servers;

namespace Ddpm.Storage.Tests.Databases;

public sealed class PostgresLockTests : IAsyncLifetime
{
    private const long Key = 42;

    private readonly PostgresServer _server = new();
    private string _database = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _server.InitializeAsync();
        _database = await _server.NewDatabaseAsync(Cancellation);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task TryTakeAsync_WhileAnotherHoldsIt_AnswersNullUntilThatOneEnds()
    {
        await using (var first = (await TryTakeAsync("first")).ShouldNotBeNull())
        {
            (await TryTakeAsync("second")).ShouldBeNull();
            first.Lost.IsCompleted.ShouldBeFalse();
            // Locks are the databases' own, and so are their keys.
            await using var elsewhere = (await PostgresLock.TryTakeAsync(await _server.NewDatabaseAsync(Cancellation), Key, "second", Cancellation)).ShouldNotBeNull();
        }
        await using var second = await TakeAsync("second");
    }

    /// <summary>The server still holds the connection that its client has lost, and would do so for hours.</summary>
    [Fact]
    public async Task TryTakeAsync_ByTheHolderOfALostConnection_EndsThatAndTakesIt()
    {
        await using var before = await TakeAsync("first");

        await using var after = await TakeAsync("first");

        await before.Lost.WaitAsync(Cancellation);
        after.Lost.IsCompleted.ShouldBeFalse();
        (await TryTakeAsync("second")).ShouldBeNull();
    }

    [Fact]
    public async Task Lost_WhenTheServerStops_EndsAndTheLockIsFreeAgain()
    {
        await using var held = await TakeAsync("first");

        await _server.StopAsync(Cancellation);
        await held.Lost.WaitAsync(Cancellation);
        var away = await Should.ThrowAsync<StorageUnavailableException>(() => TryTakeAsync("first"));
        await _server.StartAsync(Cancellation);

        away.Message.ShouldContain("Storage:Database");
        await using var second = await TakeAsync("second");
        (await TryTakeAsync("first")).ShouldBeNull();
    }

    [Fact]
    public async Task TryTakeAsync_OfAStandby_IsRefused()
    {
        await _server.DemoteAsync(Cancellation);

        (await Should.ThrowAsync<StorageUnavailableException>(() => TryTakeAsync("first"))).Message.ShouldContain("standby");
    }

    private Task<PostgresLock?> TryTakeAsync(string holder) => PostgresLock.TryTakeAsync(_database, Key, holder, Cancellation);

    /// <summary>A server lets go of a lock a moment after the end of its connection.</summary>
    private async Task<PostgresLock> TakeAsync(string holder)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        PostgresLock? taken;
        while ((taken = await TryTakeAsync(holder)) is null)
            await timer.WaitForNextTickAsync(Cancellation);
        return taken;
    }
}
