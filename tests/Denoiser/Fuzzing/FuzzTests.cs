using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Ddpm.Denoiser.Tests.Fuzzing;

/// <summary>
/// Every rpc of the Denoiser under requests of every wrong kind. By default 20 000 of them; the whole of it is, from the repository's root,
/// <c>DDPM_FUZZ_REQUESTS=1000000 tests/Denoiser/bin/Release/net10.0/Ddpm.Denoiser.Tests --filter-class '*FuzzTests' --output Detailed</c>. A failure
/// names the seed and index that send its request again, alone: <c>DDPM_FUZZ_SEED=1 DDPM_FUZZ_INDEX=6250</c>.
/// </summary>
[Collection(nameof(Alone))]
public sealed class FuzzTests
{
    /// <summary>
    /// Managed memory, beyond what it is when all is warm. The server keeps the buffers of a message of 64 MiB for the next, and entries of up to
    /// 32 MiB for the timesteps of each network; 100 bytes kept of each of a million requests are more than this.
    /// </summary>
    private const long ManagedGrowth = 96 << 20;

    /// <summary>All memory that is no file's: besides, what the allocators keep of messages of 64 MiB that were copied and unpacked.</summary>
    private const long ResidentGrowth = 256 << 20;

    /// <summary>Buffers of sockets, of which there are some for each connection; a tensor that is not disposed of pins one for each row.</summary>
    private const long PinnedGrowth = 32;

    /// <summary>The thread pool adds threads while others wait, and takes its time to end them.</summary>
    private const int ThreadGrowth = 32;

    [Fact]
    public async Task EveryRpc_OfMutatedRequests_AnswersWhatTheContractNamesAndKeepsNothing()
    {
        var errors = new ErrorLog();
        await using var host = await DenoiserHost.StartAsync(
            builder => builder.Logging.ClearProviders().AddProvider(errors), "Workers=2", "QueueLimit=128");
        using var active = new ActiveRequests(host.Services.GetRequiredService<IMeterFactory>());
        using var channel = new WireChannel(host.Address);
        var fuzz = await Fuzz.PrepareAsync(channel, await ServicesAsync(host), FuzzSettings.Seed);

        // The rest is checked of the time after the first fifth, in which all that is kept once has been made.
        var (from, to) = FuzzSettings.Index is { } index ? (index, index + 1) : (0, FuzzSettings.Requests);
        var began = Stopwatch.StartNew();
        var warm = from + (to - from) / 5;
        await fuzz.RunAsync(from, warm);
        await QuietAsync(host, active);
        var before = Footprint.Take();
        await fuzz.RunAsync(warm, to);
        await QuietAsync(host, active);
        var after = Footprint.Take();

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{to - from} requests of seed {FuzzSettings.Seed} in {began.Elapsed}\n{fuzz.Tally}\nbefore: {before}\nafter:  {after}");
        fuzz.Tally.Failures.ShouldBeEmpty();
        fuzz.Tally.Total.ShouldBe(to - from);
        errors.Errors.ShouldBeEmpty();
        after.ManagedBytes.ShouldBeLessThan(before.ManagedBytes + ManagedGrowth);
        after.ResidentBytes.ShouldBeLessThan(before.ResidentBytes + ResidentGrowth);
        after.Pinned.ShouldBeLessThan(before.Pinned + PinnedGrowth);
        after.Threads.ShouldBeLessThan(before.Threads + ThreadGrowth);
        NothingIsLeased(host);
    }

    /// <summary>The services that are called, each with its valid requests.</summary>
    private static async Task<IReadOnlyList<FuzzedService>> ServicesAsync(DenoiserHost host)
    {
        var (golden, conditional) = (await host.PublishGoldenAsync(), await host.PublishConditionalAsync());
        return
        [
            DenoiserFuzzing.Service(
                golden,
                conditional,
                await host.PublishConditionalAsync(nullClass: false),
                await host.PublishConditionalAsync(predictsVariance: true, side: DenoiserFuzzing.SmallSide)),
            InferenceFuzzing.Service(golden, conditional),
        ];
    }

    /// <summary>Waits until no call is under way and no row waits: those that a client has left end by themselves.</summary>
    private static Task QuietAsync(DenoiserHost host, ActiveRequests active) =>
        Eventually.HoldsAsync(async () => active.Count == 0 && (await host.InfoAsync()).QueuedRows == 0);

    /// <summary>A closed cache frees what nobody uses, and that must be all.</summary>
    private static void NothingIsLeased(DenoiserHost host)
    {
        var networks = host.Services.GetRequiredService<NetworkCache>();
        networks.LoadedBytes.ShouldBeGreaterThan(0);
        networks.Dispose();
        networks.LoadedBytes.ShouldBe(0);
    }

    /// <summary>Memory and threads are the process's, so that no other test may run beside this.</summary>
    [CollectionDefinition(nameof(Alone), DisableParallelization = true)]
    public sealed class Alone;
}
