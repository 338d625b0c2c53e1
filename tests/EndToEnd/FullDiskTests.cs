using Ddpm.EndToEnd.Tests.Support;

namespace Ddpm.EndToEnd.Tests;

/// <summary>A full disk ends in one clear error and leaves nothing half-written; space given back mends it.</summary>
public sealed class FullDiskTests
{
    [Fact]
    public async Task Generate_WhenTheServersDiskIsFull_SaysSoAndWorksAgainOnceThereIsSpace()
    {
        using var disk = SmallDisk.MountOrSkip(megabytes: 24);
        using var folder = new TemporaryFolder();
        await TinyModel.PublishAsync(disk.Path);
        await using var standalone = await StandaloneProcess.StartAsync(disk.Path);
        await GenerateAsync(standalone, folder.Resolve("before"));
        disk.Fill();

        var refused = await GenerateAsync(standalone, folder.Resolve("full"));
        refused.ExitCode.ShouldBeOneOf(1, 5);
        refused.Error.ShouldContain("disk is full");
        refused.Error.ShouldNotContain("   at ");
        Directory.Exists(folder.Resolve("full")).ShouldBeFalse();

        disk.Free();
        var after = await GenerateAsync(standalone, folder.Resolve("after"));
        after.ExitCode.ShouldBe(0, after.Error);
        (await File.ReadAllBytesAsync(folder.Resolve("after", "000.png"), TestContext.Current.CancellationToken))
            .ShouldBe(await File.ReadAllBytesAsync(folder.Resolve("before", "000.png"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Generate_OntoAFullDisk_WritesNothingAndKeepsTheJob()
    {
        using var disk = SmallDisk.MountOrSkip(megabytes: 1);
        using var folder = new TemporaryFolder();
        await TinyModel.PublishAsync(folder.Path);
        await using var standalone = await StandaloneProcess.StartAsync(folder.Path);
        disk.Fill();

        var outcome = await GenerateAsync(standalone, disk.Path);

        outcome.ExitCode.ShouldBe(1);
        outcome.Error.ShouldContain("No space left on device");
        outcome.Error.ShouldContain("They stay with job ");
        Directory.GetFiles(disk.Path).Select(Path.GetFileName).ShouldBe([".filler"]);
    }

    private static Task<CommandOutcome> GenerateAsync(StandaloneProcess standalone, string output) => DdpmCommand.RunAsync(
        "generate", "--server", standalone.GrpcAddress.OriginalString, "--model", TinyModel.Name, "--sampler", "ddim", "--steps", "5",
        "--count", "2", "--seed", "3", "--out", output);
}
