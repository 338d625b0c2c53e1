namespace Ddpm.Denoiser.Tests;

public sealed class NetworkCacheTests
{
    private const long MiB = 1 << 20;

    [Fact]
    public async Task AcquireAsync_ByManyAtOnce_LoadsOnce()
    {
        using var loading = new ManualResetEventSlim();
        var engine = new HeldEngine { OnLoad = loading.Wait };
        await using var parts = new DenoiserParts(engine);

        var acquiring = Enumerable.Range(0, 16).Select(_ => Task.Run(() => parts.AcquireAsync("a"), TestContext.Current.CancellationToken)).ToList();
        loading.Set();
        var leases = await Task.WhenAll(acquiring).WithinPatienceAsync();

        engine.Loaded.ShouldHaveSingleItem();
        leases.Select(lease => lease.Network).Distinct().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task AcquireAsync_OverBudget_DropsTheLongestUnused()
    {
        var engine = new HeldEngine { NetworkBytes = 4 * MiB };
        await using var parts = new DenoiserParts(engine, new DenoiserOptions { MemoryBudgetMb = 9 });
        foreach (var model in new[] { "a", "b", "a", "c" })
            (await parts.AcquireAsync(model)).Dispose();

        parts.Networks.LoadedVersions.ShouldBe(["c@1", "a@1"]);
        parts.Networks.LoadedBytes.ShouldBe(8 * MiB);
        engine.Loaded.Select(network => network.Disposed).ShouldBe([false, true, false]);
    }

    [Fact]
    public async Task AcquireAsync_OverBudgetWithAllInUse_DropsNoneUntilOneIsReleased()
    {
        var engine = new HeldEngine { NetworkBytes = 4 * MiB };
        await using var parts = new DenoiserParts(engine, new DenoiserOptions { MemoryBudgetMb = 5 });
        using var a = await parts.AcquireAsync("a");
        using var b = await parts.AcquireAsync("b");
        parts.Networks.LoadedVersions.ShouldBe(["b@1", "a@1"]);

        a.Dispose();
        a.Dispose();

        parts.Networks.LoadedVersions.ShouldBe(["b@1"]);
        engine.Loaded.Select(network => network.Disposed).ShouldBe([true, false]);
    }

    [Fact]
    public async Task AcquireAsync_AfterAFailedLoad_TriesAgain()
    {
        var engine = new HeldEngine { OnLoad = () => throw new InvalidDataException("config.json: sample_size must be set") };
        await using var parts = new DenoiserParts(engine);

        (await Should.ThrowAsync<InvalidDataException>(() => parts.AcquireAsync("a"))).Message.ShouldContain("sample_size");
        parts.Networks.LoadedVersions.ShouldBeEmpty();
        engine.OnLoad = null;
        using var lease = await parts.AcquireAsync("a");

        engine.Loaded.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task AcquireAsync_WhenTheFirstCallerLeaves_GoesOnForTheSecond()
    {
        using var loading = new ManualResetEventSlim();
        using var leaving = new CancellationTokenSource();
        var engine = new HeldEngine { OnLoad = loading.Wait };
        await using var parts = new DenoiserParts(engine);
        var first = parts.Networks.AcquireAsync("a", "1", leaving.Token);
        var second = parts.AcquireAsync("a");

        await leaving.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => first);
        loading.Set();

        (await second.WithinPatienceAsync()).Network.ShouldBe(engine.Loaded.Single());
    }

    [Fact]
    public async Task Dispose_WithALeaseHeld_FreesThatNetworkWithTheLease()
    {
        var engine = new HeldEngine();
        await using var parts = new DenoiserParts(engine);
        var held = await parts.AcquireAsync("a");
        (await parts.AcquireAsync("b")).Dispose();

        parts.Networks.Dispose();

        engine.Loaded.Select(network => network.Disposed).ShouldBe([false, true]);
        held.Dispose();
        engine.Loaded.Select(network => network.Disposed).ShouldBe([true, true]);
    }
}
