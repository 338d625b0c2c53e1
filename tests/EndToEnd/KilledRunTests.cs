using System.Globalization;
using Ddpm.EndToEnd.Tests.Support;
using Ddpm.Protocol;
using Ddpm.Trainer;
using Ddpm.V1;

namespace Ddpm.EndToEnd.Tests;

/// <summary>A training run outlives its process, as often as that is killed.</summary>
public sealed class KilledRunTests
{
    private const int Kills = 10;
    private const int Steps = 300;

    /// <summary>The last kill must come before the end, however long it takes to hear of a step.</summary>
    private const int LastKill = 220;

    private static readonly string Recipe = TinyData.Recipe.Replace("\"steps\": 6", $"\"steps\": {Steps}").Replace("\"training\"", "\"samples\": { \"every\": 75 }, \"training\"");

    [Fact]
    public async Task Run_WhoseTrainerIsKilledTenTimes_EndsInTheBytesOfAnUndisturbedOne()
    {
        using var folder = new TemporaryFolder();
        TinyData.Write(folder.Resolve("datasets"));
        // Other moments each time; said where a failure is read, so that it can be had again.
        var seed = (int)TimeProvider.System.GetTimestamp();
        var chance = new Random(seed);
        string runId;
        await using (var first = await StartAsync(folder))
            runId = await SubmitAsync(first);
        var killedAt = new List<long>();
        for (var kill = 0; kill < Kills; kill++)
        {
            await using var trainer = await StartAsync(folder);
            // Each in its tenth, so that all fit in: at a step's report, and then some milliseconds into what follows.
            killedAt.Add(await UntilStepAsync(trainer, runId, chance.Next((kill * LastKill / Kills) + 1, (kill + 1) * LastKill / Kills)));
            await Task.Delay(chance.Next(0, 40), TestContext.Current.CancellationToken);
            await trainer.Process.KillAsync();
        }
        await using var last = await StartAsync(folder);
        var killed = await EndAsync(last, runId);
        var undisturbed = await EndAsync(last, await SubmitAsync(last));

        var moments = string.Create(CultureInfo.InvariantCulture, $"seed {seed}, killed at steps {string.Join(", ", killedAt)}");
        killedAt.ShouldAllBe(step => step < Steps, moments);
        killed.State.ShouldBe(RunState.Succeeded, killed.Error);
        StepsOf(folder, killed).ShouldBe(StepsOf(folder, undisturbed), moments);
        StepsOf(folder, killed).Count(value => value == '\n').ShouldBe(Steps + 1);
        WeightsOf(folder, killed).ShouldBe(WeightsOf(folder, undisturbed), moments);
        killed.Samples.Select(samples => (samples.Step, samples.Version)).ShouldBe(undisturbed.Samples.Select(samples => (samples.Step, samples.Version)), moments);
    }

    private static Task<ServiceProcess> StartAsync(TemporaryFolder folder) => ServiceProcess.StartAsync(
        "services/Trainer", "Ddpm.Trainer", ServiceProcess.FreeAddress(), null,
        $"Storage:Root={folder.Resolve("data")}", $"Trainer:DataRoot={folder.Resolve("datasets")}", "Trainer:Threads=1",
        "Trainer:CheckpointInterval=00:00:00.1", "Trainer:ProgressInterval=00:00:00.02");

    private static async Task<string> SubmitAsync(ServiceProcess trainer)
    {
        using var client = DdpmClient.Connect(trainer.GrpcAddress!);
        return (await client.Trainer.StartRunAsync(new StartRunRequest { RecipeJson = Recipe }, cancellationToken: TestContext.Current.CancellationToken)).Run.Id;
    }

    private static async Task<long> UntilStepAsync(ServiceProcess trainer, string runId, long step)
    {
        using var client = DdpmClient.Connect(trainer.GrpcAddress!);
        var run = (await client.Trainer.GetRunAsync(new GetRunRequest { RunId = runId }, cancellationToken: TestContext.Current.CancellationToken)).Run;
        await foreach (var happened in client.WatchRunAsync(runId, run.LastEvent + 1, TestContext.Current.CancellationToken))
        {
            if (happened.Run.StepsDone >= step)
                return happened.Run.StepsDone;
        }
        return Steps;
    }

    private static async Task<Run> EndAsync(ServiceProcess trainer, string runId)
    {
        using var client = DdpmClient.Connect(trainer.GrpcAddress!);
        Run? last = null;
        await foreach (var happened in client.WatchRunAsync(runId, 1, TestContext.Current.CancellationToken))
            last = happened.Run;
        return last!;
    }

    private static byte[] StepsOf(TemporaryFolder folder, Run run) => File.ReadAllBytes(folder.Resolve("data", "runs", run.Id, "steps.csv"));

    private static byte[] WeightsOf(TemporaryFolder folder, Run run) =>
        File.ReadAllBytes(folder.Resolve("data", "models", run.Model, "versions", run.PublishedVersion, "diffusion_pytorch_model.safetensors"));
}
