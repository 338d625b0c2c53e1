using System.Security.Cryptography;
using Ddpm.Storage.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Ddpm.Storage.Tests.Models;

public sealed class FileModelStoreTests : IDisposable
{
    private readonly TemporaryFolder _root = new();
    private readonly TemporaryFolder _sources = new();
    private readonly FileModelStore _store;

    public FileModelStoreTests() => _store = new FileModelStore(Options.Create(_root.Options), TimeProvider.System, NullLogger<FileModelStore>.Instance);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _root.Dispose();
        _sources.Dispose();
    }

    [Fact]
    public async Task PublishAsync_CheckpointFolder_IsDescribedFromItsFiles()
    {
        var published = await _store.PublishAsync("toy", Checkpoints.Write(_sources.Path), new PublishOptions { RunId = "run-1" }, Cancellation);

        published.Description.ShouldSatisfyAllConditions(
            d => d.SampleShape.ShouldBe([1, 28, 28]),
            d => d.Target.ShouldBe(PredictionTarget.V),
            d => d.BetaSchedule.ShouldBe(BetaScheduleName.Cosine),
            d => d.Timesteps.ShouldBe(500),
            d => d.ClassLabels.ShouldBe(["cat", "dog"]),
            d => d.SupportsGuidance.ShouldBeTrue(),
            d => d.ParameterCount.ShouldBe(6));
        published.Card.ShouldBe("# A card");
        published.RunId.ShouldBe("run-1");
    }

    [Fact]
    public async Task PublishAsync_AnyFolder_VersionIsTheHashOfHashesComputedElsewhere()
    {
        var source = Checkpoints.Write(_sources.Path);
        var lines = Directory.EnumerateFiles(source).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal).Select(name =>
        {
            var bytes = File.ReadAllBytes(Path.Combine(source, name));
            return $"{Convert.ToHexStringLower(SHA256.HashData(bytes))}  {bytes.Length}  {name}\n";
        });
        var expected = Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(string.Concat(lines))));

        (await _store.PublishAsync("toy", source, new PublishOptions(), Cancellation)).Version.ShouldBe(expected);
    }

    [Fact]
    public async Task PublishAsync_SameFilesTwice_IsOneVersion()
    {
        var source = Checkpoints.Write(_sources.Path);
        var first = await _store.PublishAsync("toy", source, new PublishOptions(), Cancellation);
        var second = await _store.PublishAsync("toy", source, new PublishOptions { Aliases = ["stable"] }, Cancellation);

        second.Version.ShouldBe(first.Version);
        var model = (await _store.FindAsync("toy", Cancellation)).ShouldNotBeNull();
        model.Versions.Count.ShouldBe(1);
        model.Aliases.ShouldBe(new Dictionary<string, string> { ["latest"] = first.Version, ["stable"] = first.Version });
    }

    [Fact]
    public async Task ResolveAsync_AliasMoved_AnswersTheNewVersionAndKeepsTheOld()
    {
        var old = await _store.PublishAsync("toy", Checkpoints.Write(_sources.Path, "a", 1f), new PublishOptions(), Cancellation);
        var young = await _store.PublishAsync("toy", Checkpoints.Write(_sources.Path, "b", 2f), new PublishOptions(), Cancellation);

        (await _store.ResolveAsync("toy", "", Cancellation))!.Version.ShouldBe(young.Version);
        (await _store.ResolveAsync("toy", old.Version, Cancellation))!.Version.ShouldBe(old.Version);
        await _store.MoveAliasAsync("toy", "latest", old.Version, Cancellation);
        (await _store.ResolveAsync("toy", "latest", Cancellation))!.Version.ShouldBe(old.Version);
    }

    [Theory]
    [InlineData("../toy", "")]
    [InlineData("toy", "../latest")]
    [InlineData("toy", "nothing")]
    [InlineData("other", "")]
    [InlineData("toy", "0000000000000000000000000000000000000000000000000000000000000000")]
    public async Task ResolveAsync_UnknownOrNoName_AnswersNull(string name, string reference)
    {
        await _store.PublishAsync("toy", Checkpoints.Write(_sources.Path), new PublishOptions(), Cancellation);
        (await _store.ResolveAsync(name, reference, Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task OpenAsync_OneBitFlipped_SaysWhichFile()
    {
        var published = await _store.PublishAsync("toy", Checkpoints.Write(_sources.Path), new PublishOptions(), Cancellation);
        var folder = await _store.OpenAsync("toy", published.Version, Cancellation);
        var weights = Path.Combine(folder, "diffusion_pytorch_model.safetensors");
        var bytes = await File.ReadAllBytesAsync(weights, Cancellation);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(weights, bytes, Cancellation);

        var error = await Should.ThrowAsync<ModelCorruptException>(() => _store.OpenAsync("toy", published.Version, Cancellation));
        error.Message.ShouldContain("diffusion_pytorch_model.safetensors");
    }

    [Fact]
    public async Task OpenAsync_FileMissing_SaysWhichFile()
    {
        var published = await _store.PublishAsync("toy", Checkpoints.Write(_sources.Path), new PublishOptions(), Cancellation);
        File.Delete(Path.Combine(await _store.OpenAsync("toy", published.Version, Cancellation), "scheduler_config.json"));

        var error = await Should.ThrowAsync<ModelCorruptException>(() => _store.OpenAsync("toy", published.Version, Cancellation));
        error.Message.ShouldContain("scheduler_config.json");
    }

    [Fact]
    public async Task ListAsync_OneVersionDamaged_StillAnswersTheOthers()
    {
        var good = await _store.PublishAsync("toy", Checkpoints.Write(_sources.Path, "a", 1f), new PublishOptions(), Cancellation);
        var bad = await _store.PublishAsync("toy", Checkpoints.Write(_sources.Path, "b", 2f), new PublishOptions { Aliases = [] }, Cancellation);
        await File.WriteAllTextAsync(Path.Combine(_root.Path, "models", "toy", "versions", bad.Version, "config.json"), "{", Cancellation);

        var model = (await _store.ListAsync(Cancellation)).ShouldHaveSingleItem();
        model.Versions.ShouldHaveSingleItem().Version.ShouldBe(good.Version);
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("diffusion_pytorch_model.safetensors")]
    [InlineData("published.json")]
    public async Task ListAsync_OneVersionLacksAFile_StillAnswersTheOthers(string file)
    {
        var good = await _store.PublishAsync("toy", Checkpoints.Write(_sources.Path, "a", 1f), new PublishOptions(), Cancellation);
        var bad = await _store.PublishAsync("toy", Checkpoints.Write(_sources.Path, "b", 2f), new PublishOptions { Aliases = [] }, Cancellation);
        File.Delete(Path.Combine(_root.Path, "models", "toy", "versions", bad.Version, file));

        var model = (await _store.ListAsync(Cancellation)).ShouldHaveSingleItem();
        model.Versions.ShouldHaveSingleItem().Version.ShouldBe(good.Version);
    }

    [Fact]
    public async Task PublishAsync_AfterAnInterruptedOne_RemovesWhatItLeft()
    {
        var abandoned = Directory.CreateDirectory(Path.Combine(_root.Path, "models", ".publishing-0123")).FullName;
        Directory.SetLastWriteTimeUtc(abandoned, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        var underWay = Directory.CreateDirectory(Path.Combine(_root.Path, "models", ".publishing-4567")).FullName;

        await _store.PublishAsync("toy", Checkpoints.Write(_sources.Path), new PublishOptions(), Cancellation);

        Directory.Exists(abandoned).ShouldBeFalse();
        Directory.Exists(underWay).ShouldBeTrue();
    }

    [Theory]
    [InlineData("diffusion_pytorch_model.bin")]
    [InlineData("model.ckpt")]
    [InlineData("weights.PKL")]
    public async Task PublishAsync_FolderWithPickle_IsRefusedByName(string pickle)
    {
        var source = Checkpoints.Write(_sources.Path);
        await File.WriteAllTextAsync(Path.Combine(source, pickle), "x", Cancellation);

        var error = await Should.ThrowAsync<InvalidModelException>(() => _store.PublishAsync("toy", source, new PublishOptions(), Cancellation));
        error.Message.ShouldContain(pickle);
        (await _store.ListAsync(Cancellation)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{ "sample_size": 28 }""", "in_channels")]
    [InlineData("""{ "in_channels": 1 }""", "sample_size")]
    [InlineData("""{ "in_channels": 1, "sample_size": 0 }""", "sample_size")]
    [InlineData("""{ "in_channels": 1, "sample_size": 8, "num_class_embeds": 3, "null_class_embed": 0 }""", "null_class_embed")]
    [InlineData("not json", "checkpoint")]
    public async Task PublishAsync_BadConfig_NamesTheFieldAndLeavesNothing(string config, string named)
    {
        var source = Checkpoints.Write(_sources.Path, config: config);

        var error = await Should.ThrowAsync<InvalidModelException>(() => _store.PublishAsync("toy", source, new PublishOptions(), Cancellation));
        error.Message.ShouldContain(named);
        Directory.EnumerateFileSystemEntries(Path.Combine(_root.Path, "models")).ShouldBeEmpty();
    }

    [Fact]
    public async Task PublishAsync_TruncatedWeights_IsRefusedAndLeavesNothing()
    {
        var source = Checkpoints.Write(_sources.Path);
        var weights = Path.Combine(source, "diffusion_pytorch_model.safetensors");
        await File.WriteAllBytesAsync(weights, (await File.ReadAllBytesAsync(weights, Cancellation))[..^1], Cancellation);

        await Should.ThrowAsync<InvalidModelException>(() => _store.PublishAsync("toy", source, new PublishOptions(), Cancellation));
        Directory.EnumerateFileSystemEntries(Path.Combine(_root.Path, "models")).ShouldBeEmpty();
    }

    [Fact]
    public async Task PublishAsync_ManyAtOnce_EveryVersionIsThereAndTheAliasNamesOne()
    {
        var published = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(() =>
            _store.PublishAsync("toy", Checkpoints.Write(_sources.Path, $"c{i}", i % 4), new PublishOptions(), Cancellation))));

        var model = (await _store.FindAsync("toy", Cancellation)).ShouldNotBeNull();
        model.Versions.Select(v => v.Version).ShouldBe(published.Select(v => v.Version).Distinct(), ignoreOrder: true);
        model.Versions.Count.ShouldBe(4);
        published.Select(v => v.Version).ShouldContain(model.Aliases["latest"]);
    }

    [Fact]
    public async Task RollBackAliasAsync_AfterThreeMoves_PassesOverWhatIsGone()
    {
        var versions = new List<string>();
        for (var i = 0; i < 3; i++)
            versions.Add((await _store.PublishAsync("toy", Checkpoints.Write(_sources.Path, $"m{i}", i), new PublishOptions(), Cancellation)).Version);
        await _store.MoveAliasAsync("toy", "latest", versions[2], Cancellation);

        (await _store.FindAsync("toy", Cancellation))!.AliasMoves.Select(move => move.Version).ShouldBe(Enumerable.Reverse(versions), "to move it where it is, is no move");
        await _store.DeleteAsync("toy", versions[1], Cancellation);
        (await _store.RollBackAliasAsync("toy", "latest", Cancellation)).ShouldBe(versions[0]);
        (await _store.ResolveAsync("toy", "", Cancellation))!.Version.ShouldBe(versions[0]);
        (await _store.RollBackAliasAsync("toy", "latest", Cancellation)).ShouldBeNull();
        (await _store.ResolveAsync("toy", "", Cancellation))!.Version.ShouldBe(versions[0]);
        await Should.ThrowAsync<ModelNotFoundException>(() => _store.RollBackAliasAsync("toy", "../latest", Cancellation));
    }

    /// <summary>As stores of before moves were kept have it.</summary>
    [Fact]
    public async Task ResolveAsync_AliasFileOfABareVersion_IsUnderstood()
    {
        var published = await _store.PublishAsync("toy", Checkpoints.Write(_sources.Path), new PublishOptions { Aliases = [] }, Cancellation);
        await File.WriteAllTextAsync(Path.Combine(_root.Path, "models/toy/aliases/latest"), published.Version, Cancellation);

        (await _store.ResolveAsync("toy", "latest", Cancellation))!.Version.ShouldBe(published.Version);
        (await _store.FindAsync("toy", Cancellation))!.AliasMoves.ShouldHaveSingleItem().Alias.ShouldBe("latest");
    }

    [Fact]
    public async Task AddMeasurementAsync_OfAVersion_IsReadNewestFirstAndLeavesItsContentAlone()
    {
        var published = await _store.PublishAsync("toy", Checkpoints.Write(_sources.Path), new PublishOptions(), Cancellation);

        await _store.AddMeasurementAsync("toy", published.Version, new byte[] { 1 }, Cancellation);
        await _store.AddMeasurementAsync("toy", published.Version, new byte[] { 2 }, Cancellation);

        (await _store.ResolveAsync("toy", "", Cancellation))!.Measurements.ShouldBe([[2], [1]]);
        await _store.OpenAsync("toy", published.Version, Cancellation);
        await Should.ThrowAsync<ModelNotFoundException>(() => _store.AddMeasurementAsync("toy", new string('0', 64), new byte[] { 1 }, Cancellation));
    }

    [Fact]
    public async Task DeleteAsync_VersionThatAnAliasNames_IsRefused()
    {
        var published = await _store.PublishAsync("toy", Checkpoints.Write(_sources.Path), new PublishOptions { Aliases = ["latest", "stable"] }, Cancellation);

        (await Should.ThrowAsync<ModelInUseException>(() => _store.DeleteAsync("toy", published.Version, Cancellation))).Message.ShouldContain("latest and stable");
        await Should.ThrowAsync<ModelNotFoundException>(() => _store.DeleteAsync("toy", "../..", Cancellation));
        (await _store.ResolveAsync("toy", "", Cancellation)).ShouldNotBeNull();
    }
}
