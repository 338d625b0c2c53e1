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
