using Ddpm.EndToEnd.Tests.Support;
using Ddpm.Protocol;
using Ddpm.Trainer;
using Ddpm.V1;

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

    [Fact]
    public async Task Run_WhenTheDiskFills_FailsWithItsLastCheckpointIntactAndGoesOnOnceThereIsSpace()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var disk = SmallDisk.MountOrSkip(megabytes: 24);
        using var folder = new TemporaryFolder();
        TinyData.Write(folder.Resolve("datasets"));
        var recipe = TinyData.Recipe.Replace("\"steps\": 6", "\"steps\": 3000");
        await using var trainer = await ServiceProcess.StartAsync(
            "services/Trainer", "Ddpm.Trainer", ServiceProcess.FreeAddress(), null,
            $"Storage:Root={disk.Path}", $"Trainer:DataRoot={folder.Resolve("datasets")}", $"Trainer:ShippedModels={folder.Resolve("none")}", "Trainer:Threads=1",
            "Trainer:CheckpointInterval=00:00:00.1", "Trainer:ProgressInterval=00:00:00.1");
        using var client = DdpmClient.Connect(trainer.GrpcAddress!);
        var run = (await client.Trainer.StartRunAsync(new StartRunRequest { RecipeJson = recipe }, cancellationToken: cancellationToken)).Run;
        var checkpoint = Path.Combine(disk.Path, "runs", run.Id, "state.safetensors");
        await foreach (var happened in client.WatchRunAsync(run.Id, 1, cancellationToken))
        {
            if (happened.Run.StepsDone > 50 && File.Exists(checkpoint))
                break;
        }

        disk.Fill();
        // The checkpoint cannot be replaced any more; that the run has failed can be written down once there is space again.
        await trainer.Process.OutputMatchAsync("failed: .*disk is full");
        var left = await File.ReadAllBytesAsync(checkpoint, cancellationToken);
        disk.Free();
        Run? failed = null;
        await foreach (var happened in client.WatchRunAsync(run.Id, 1, cancellationToken))
            failed = happened.Run;

        failed!.State.ShouldBe(RunState.Failed);
        failed.Error.ShouldContain("disk is full");
        (await File.ReadAllBytesAsync(checkpoint, cancellationToken)).ShouldBe(left);
        var resumed = (await client.Trainer.ResumeRunAsync(new ResumeRunRequest { RunId = run.Id }, cancellationToken: cancellationToken)).Run;
        Run? ended = null;
        await foreach (var happened in client.WatchRunAsync(run.Id, resumed.LastEvent, cancellationToken))
            ended = happened.Run;
        ended!.State.ShouldBe(RunState.Succeeded, ended.Error);
        (await File.ReadAllLinesAsync(Path.Combine(disk.Path, "runs", run.Id, "steps.csv"), cancellationToken)).Length.ShouldBe(3001);
    }

    private static Task<CommandOutcome> GenerateAsync(StandaloneProcess standalone, string output) => DdpmCommand.RunAsync(
        "generate", "--server", standalone.GrpcAddress.OriginalString, "--model", TinyModel.Name, "--sampler", "ddim", "--steps", "5",
        "--count", "2", "--seed", "3", "--out", output);
}
