using Ddpm.EndToEnd.Tests.Support;

namespace Ddpm.EndToEnd.Tests;

/// <summary>The same command gives the same bytes, and a trajectory is the same whatever the count.</summary>
public sealed class DeterminismTests
{
    private const string Shipped = "fashion-mnist";

    [Theory]
    [InlineData("ddim", 50, 4)]
    [InlineData("ddpm", 1000, 2)]
    [InlineData("vp-sde", 500, 2)]
    public async Task Generate_Twice_GivesTheSameBytes(string sampler, int steps, int count)
    {
        using var folder = new TemporaryFolder();
        await TinyModel.PublishAsync(folder.Resolve("data"));
        await using var standalone = await StandaloneProcess.StartAsync(folder.Resolve("data"));

        await GenerateAsync(standalone, folder.Resolve("A"), sampler, steps, count);
        await GenerateAsync(standalone, folder.Resolve("B"), sampler, steps, count);

        var names = FilesOf(folder.Resolve("A"));
        names.Count.ShouldBe(count + 1);
        foreach (var name in names)
            BytesOf(folder, "B", name).ShouldBe(BytesOf(folder, "A", name), $"{name} of two runs");
        BytesOf(folder, "A", "000.png").ShouldNotBe(BytesOf(folder, "A", "001.png"), "two trajectories are two images");
    }

    [Fact]
    public async Task Generate_WithAnotherCount_GivesTheSameTrajectory()
    {
        using var folder = new TemporaryFolder();
        await TinyModel.PublishAsync(folder.Resolve("data"));
        await using var standalone = await StandaloneProcess.StartAsync(folder.Resolve("data"));

        await GenerateAsync(standalone, folder.Resolve("A"), "ddim", 20, 16);
        await GenerateAsync(standalone, folder.Resolve("B"), "ddim", 20, 4);

        FilesOf(folder.Resolve("A")).Count.ShouldBe(17);
        BytesOf(folder, "B", "003.png").ShouldBe(BytesOf(folder, "A", "003.png"));
    }

    [Fact]
    public async Task Generate_WithoutAServer_GivesTheBytesOfOne()
    {
        using var folder = new TemporaryFolder();
        await TinyModel.PublishAsync(folder.Resolve("data"));
        await using (var standalone = await StandaloneProcess.StartAsync(folder.Resolve("data")))
            await GenerateAsync(standalone, folder.Resolve("A"), "ddim", 20, 2);

        await DdpmCommand.SucceedAsync(
            "generate", "--model", TinyModel.Name, "--sampler", "ddim", "--steps", "20", "--count", "2", "--seed", "7",
            "--out", folder.Resolve("B"), "--data", folder.Resolve("data"));

        BytesOf(folder, "B", "001.png").ShouldBe(BytesOf(folder, "A", "001.png"));
    }

    [Fact]
    public async Task Generate_WithTheShippedModel_GivesTheSameBytesTwiceAndWithAnotherCount()
    {
        using var folder = new TemporaryFolder();
        await using var standalone = await StandaloneProcess.StartAsync(folder.Resolve("data"));

        await GenerateAsync(standalone, folder.Resolve("A"), "ddim", 50, 16, Shipped);
        await GenerateAsync(standalone, folder.Resolve("B"), "ddim", 50, 16, Shipped);
        await GenerateAsync(standalone, folder.Resolve("C"), "ddim", 50, 4, Shipped);

        var names = FilesOf(folder.Resolve("A"));
        names.Count.ShouldBe(17);
        foreach (var name in names)
            BytesOf(folder, "B", name).ShouldBe(BytesOf(folder, "A", name), $"{name} of two runs");
        BytesOf(folder, "C", "003.png").ShouldBe(BytesOf(folder, "A", "003.png"));
    }

    private static Task<CommandOutcome> GenerateAsync(
        StandaloneProcess standalone, string output, string sampler, int steps, int count, string model = TinyModel.Name) =>
        DdpmCommand.SucceedAsync(
            "generate", "--server", standalone.GrpcAddress.OriginalString, "--model", model, "--sampler", sampler,
            "--steps", $"{steps}", "--count", $"{count}", "--seed", "7", "--out", output);

    private static List<string> FilesOf(string folder) => [.. Directory.GetFiles(folder).Select(path => Path.GetFileName(path)!).Order()];

    private static byte[] BytesOf(TemporaryFolder folder, string run, string name) => File.ReadAllBytes(folder.Resolve(run, name));
}
