using Ddpm.Networks;
using Microsoft.Extensions.Options;

namespace Ddpm.Denoiser.Tests;

/// <summary>ONNX Runtime against diffusers' answers, and against itself in other company.</summary>
public sealed class OnnxEngineTests
{
    private static readonly OnnxEngine Engine = new(Options.Create(new DenoiserOptions()));

    [Fact]
    public void Evaluate_CheckpointOfDiffusers_PredictsTheSameNoise()
    {
        using var network = Engine.Load(Golden.Folder);
        var golden = Golden.Instance;

        var predicted = network.Evaluate(Rows(golden.Rows));

        for (var i = 0; i < golden.Rows; i++)
            Close.LargestDifference(predicted[i], golden.Epsilon[i]).ShouldBeLessThan(1e-5);
    }

    [Fact]
    public async Task Evaluate_OnTwoThreadsAtOnce_GivesTheBitsOfOne()
    {
        using var network = Engine.Load(Golden.Folder);
        var rows = Rows(16);
        var expected = network.Evaluate(rows);

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(
            () => Enumerable.Range(0, 16).Select(k => network.Evaluate([rows[(i + k) % 16]])[0]).ToList(), TestContext.Current.CancellationToken)));

        for (var i = 0; i < answers.Length; i++)
        {
            for (var k = 0; k < 16; k++)
                answers[i][k].ShouldBe(expected[(i + k) % 16]);
        }
    }

    /// <summary>Channels that fill the vectors of the runtime's convolutions and some that do not, more pixels than channels and fewer, one head and several.</summary>
    [Theory]
    [InlineData(2, 64, 96, null)]
    [InlineData(3, 16, 24, null)]
    [InlineData(5, 64, 96, null)]
    [InlineData(5, 16, 24, null)]
    [InlineData(6, 32, 320, null)]
    [InlineData(6, 64, 96, 32)]
    [InlineData(6, 40, 72, 8)]
    public void Evaluate_SpreadOverThreads_GivesTheBitsOfOneThreadAndOfAnyBatch(int threads, int first, int others, int? headDim)
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Path.Combine(folder.FullName, "checkpoint");
        var config = UNetConfig.Read(Path.Combine(Golden.Folder, UNetConfig.FileName)) with
        {
            BlockOutChannels = [first, others, others],
            NormNumGroups = 8,
            AttnNormNumGroups = 8,
            AttentionHeadDim = headDim,
        };
        using (var wide = new UNet2DModel(config, seed: 3))
            Checkpoint.Save(checkpoint, wide, new SchedulerConfig(), ModelIndex.Unconditional);
        using var network = new OnnxEngine(Options.Create(new DenoiserOptions { Workers = threads })).Load(checkpoint);
        var rows = Rows(7);
        var together = network.Evaluate(rows);

        for (var i = 0; i < rows.Length; i++)
        {
            Close.LargestDifference(network.Evaluate([rows[i]])[0], together[i]).ShouldBe(0);
            Close.LargestDifference(network.Evaluate([rows[i]], spread: true)[0], together[i]).ShouldBe(0);
        }
        var spread = network.Evaluate(rows, spread: true);
        for (var i = 0; i < rows.Length; i++)
            Close.LargestDifference(spread[i], together[i]).ShouldBe(0);
    }

    [Fact]
    public void Evaluate_AgainAndAgain_AllocatesLittleBesidesItsAnswers()
    {
        using var network = Engine.Load(Golden.Folder);
        var rows = Rows(4);
        const int Passes = 50;
        network.Evaluate(rows);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Passes; i++)
            network.Evaluate(rows);
        var perPass = (GC.GetAllocatedBytesForCurrentThread() - before) / Passes;

        (perPass - rows.Length * sizeof(float) * network.Description.Elements).ShouldBeLessThan(4096);
    }

    [Fact]
    public void Load_OfIncompleteFolder_NamesTheFile()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Path.Combine(Golden.Folder, "config.json"), Path.Combine(folder.FullName, "config.json"));

        Should.Throw<InvalidDataException>(() => Engine.Load(folder.FullName)).Message.ShouldContain("scheduler_config.json is missing");
    }

    [Fact]
    public void Load_OfAnotherArchitecture_NamesTheWeight()
    {
        using var folder = new TemporaryFolder();
        foreach (var file in Directory.EnumerateFiles(Golden.Folder))
            File.Copy(file, Path.Combine(folder.FullName, Path.GetFileName(file)));
        var config = Path.Combine(folder.FullName, UNetConfig.FileName);
        File.WriteAllText(config, (UNetConfig.Read(config) with { NumClassEmbeds = 2 }).ToJson());

        Should.Throw<InvalidDataException>(() => Engine.Load(folder.FullName)).Message.ShouldContain("class_embedding.weight");
    }

    private static NetworkRow[] Rows(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new NetworkRow(Golden.Instance.X[i % Golden.Instance.Rows], i < Golden.Instance.Rows ? Golden.Instance.Timesteps[i] : 31.5 * i, null))];
}
