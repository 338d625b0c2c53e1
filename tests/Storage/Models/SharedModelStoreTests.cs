using Ddpm.Storage.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Ddpm.Storage.Tests.Models;

/// <summary>Several processes with one folder: Trainers that publish, Denoisers and Orchestrators that read.</summary>
public sealed class SharedModelStoreTests : IDisposable
{
    private readonly TemporaryFolder _root = new();
    private readonly TemporaryFolder _sources = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _root.Dispose();
        _sources.Dispose();
    }

    [Fact]
    public async Task PublishAsync_ByTwoStoresAtOnce_EveryVersionIsThereAndEveryMoveOfTheAliasIsKept()
    {
        var stores = new[] { Open(), Open() };
        var published = await Task.WhenAll(Enumerable.Range(0, 24).Select(i => Task.Run(() =>
            stores[i % 2].PublishAsync("toy", Checkpoints.Write(_sources.Path, $"c{i}", i), new PublishOptions(), Cancellation))));

        var model = (await Open().FindAsync("toy", Cancellation)).ShouldNotBeNull();
        model.Versions.Select(v => v.Version).ShouldBe(published.Select(v => v.Version), ignoreOrder: true);
        model.AliasMoves.Select(move => move.Version).ShouldBe(published.Select(v => v.Version), ignoreOrder: true);
        model.Aliases["latest"].ShouldBe(model.AliasMoves[0].Version);
    }

    [Fact]
    public async Task PublishAsync_OfTheSameFilesByTwoStoresAtOnce_IsOneVersion()
    {
        var stores = new[] { Open(), Open() };
        for (var round = 0; round < 10; round++)
        {
            var source = Checkpoints.Write(_sources.Path, $"c{round}", round);
            var published = await Task.WhenAll(stores.Select(store => Task.Run(() => store.PublishAsync("toy", source, new PublishOptions(), Cancellation))));
            published[0].Version.ShouldBe(published[1].Version);
        }

        (await Open().FindAsync("toy", Cancellation))!.Versions.Count.ShouldBe(10);
        Directory.EnumerateFileSystemEntries(Path.Combine(_root.Path, "models")).ShouldHaveSingleItem("nothing is left aside");
    }

    [Fact]
    public async Task ResolveAsync_WhileAnotherStorePublishesAndDeletes_AnswersOnlyWhatIsWhole()
    {
        var (trainer, denoiser) = (Open(), Open());
        var kept = await trainer.PublishAsync("toy", Checkpoints.Write(_sources.Path, "c0", 0), new PublishOptions(), Cancellation);
        var publishing = Task.Run(async () =>
        {
            var last = kept.Version;
            for (var i = 1; i < 30; i++)
            {
                var next = await trainer.PublishAsync("toy", Checkpoints.Write(_sources.Path, $"c{i}", i), new PublishOptions(), Cancellation);
                if (last != kept.Version)
                    await trainer.DeleteAsync("toy", last, Cancellation);
                last = next.Version;
            }
        }, Cancellation);

        do
        {
            var version = await denoiser.ResolveAsync("toy", kept.Version, Cancellation);
            version.ShouldNotBeNull().Description.ParameterCount.ShouldBe(6);
            await denoiser.OpenAsync("toy", kept.Version, Cancellation);
            var model = (await denoiser.ListAsync(Cancellation)).ShouldHaveSingleItem();
            model.Versions.ShouldAllBe(v => v.Description.ParameterCount == 6);
            var latest = await denoiser.ResolveAsync("toy", "latest", Cancellation);
            // It may be gone the moment after, but never half there.
            await OpenOrMissAsync(denoiser, latest.ShouldNotBeNull().Version);
        }
        while (!publishing.IsCompleted);
        await publishing;
    }

    [Fact]
    public async Task DeleteAsync_WhileAnotherStoreMovesTheAliasThere_LeavesNoAliasWithoutItsVersion()
    {
        var stores = new[] { Open(), Open() };
        await stores[0].PublishAsync("toy", Checkpoints.Write(_sources.Path, "kept", -1), new PublishOptions(), Cancellation);
        for (var round = 0; round < 20; round++)
        {
            var version = (await stores[0].PublishAsync("toy", Checkpoints.Write(_sources.Path, $"c{round}", round), new PublishOptions { Aliases = [] }, Cancellation)).Version;

            var failures = await Task.WhenAll(
                FailureAsync(() => stores[0].DeleteAsync("toy", version, Cancellation)),
                FailureAsync(() => stores[1].MoveAliasAsync("toy", "latest", version, Cancellation)));

            failures.Count(failure => failure is not null).ShouldBe(1);
            failures[0].ShouldBeOneOf(null, typeof(ModelInUseException));
            failures[1].ShouldBeOneOf(null, typeof(ModelNotFoundException));
            (await stores[0].ResolveAsync("toy", "latest", Cancellation)).ShouldNotBeNull();
        }
    }

    [Fact]
    public async Task PublishAsync_ByTwoStoresThatFindAnAbandonedOne_FailsNeither()
    {
        var stores = new[] { Open(), Open() };
        for (var round = 0; round < 10; round++)
        {
            var abandoned = Directory.CreateDirectory(Path.Combine(_root.Path, "models", $".publishing-{round}")).FullName;
            for (var file = 0; file < 20; file++)
                await AbandonAsync(Path.Combine(abandoned, $"{file}"));
            Directory.SetLastWriteTimeUtc(abandoned, DateTime.UnixEpoch);

            await Task.WhenAll(stores.Select((store, i) => Task.Run(() =>
                store.PublishAsync("toy", Checkpoints.Write(_sources.Path, $"c{round}-{i}", 2 * round + i), new PublishOptions(), Cancellation))));
            Directory.Exists(abandoned).ShouldBeFalse();
        }
    }

    [Fact]
    public async Task PublishAsync_WhileAnotherCopiesALargeFile_LeavesThat()
    {
        var underWay = Directory.CreateDirectory(Path.Combine(_root.Path, "models", ".publishing-4567")).FullName;
        await File.WriteAllBytesAsync(Path.Combine(underWay, "diffusion_pytorch_model.safetensors"), new byte[] { 1 }, Cancellation);
        Directory.SetLastWriteTimeUtc(underWay, DateTime.UnixEpoch);

        await Open().PublishAsync("toy", Checkpoints.Write(_sources.Path), new PublishOptions(), Cancellation);

        Directory.Exists(underWay).ShouldBeTrue();
    }

    private FileModelStore Open() => new(Options.Create(_root.Options), TimeProvider.System, NullLogger<FileModelStore>.Instance);

    private static async Task OpenOrMissAsync(FileModelStore store, string version)
    {
        try
        {
            await store.OpenAsync("toy", version, Cancellation);
        }
        catch (ModelNotFoundException)
        {
        }
    }

    private static async Task<Type?> FailureAsync(Func<Task> act)
    {
        try
        {
            await Task.Run(act);
            return null;
        }
        catch (Exception e)
        {
            return e.GetType();
        }
    }

    private static async Task AbandonAsync(string path)
    {
        await File.WriteAllBytesAsync(path, new byte[] { 1 }, Cancellation);
        File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch);
    }
}
