using System.Globalization;
using Ddpm.EndToEnd.Tests.Support;
using Ddpm.Protocol;
using Ddpm.Trainer;
using Ddpm.V1;

namespace Ddpm.EndToEnd.Tests;

/// <summary>A training run outlives its process, as often as that is killed.</summary>
public sealed class KilledRunTests
{
    private const string Project = "services/Trainer";
    private const string Program = "Ddpm.Trainer";
    private const int Kills = 10;
    private const int Steps = 300;

    /// <summary>A process is killed at most so many steps after the record that the one before left: all kills fit in, however fast the machine.</summary>
    private const int LongestLife = 20;

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
        var killedAt = new List<int>();
        for (var kill = 0; kill < Kills; kill++)
        {
            // It goes on with the run by itself, perhaps before it listens; so the record tells how far it is, not the service.
            var next = RecordedSteps(folder, runId) + chance.Next(1, LongestLife + 1);
            await using var trainer = StartUnawaited(folder);
            await UntilRecordedAsync(folder, runId, next, trainer);
            await Task.Delay(chance.Next(0, 40), TestContext.Current.CancellationToken);
            await trainer.KillAsync();
            killedAt.Add(RecordedSteps(folder, runId));
        }
        await using var last = await StartAsync(folder);
        var killed = await EndAsync(last, runId);
        var undisturbed = await EndAsync(last, await SubmitAsync(last));

        var moments = string.Create(CultureInfo.InvariantCulture, $"seed {seed}, killed at steps {string.Join(", ", killedAt)}");
        killedAt.ShouldAllBe(step => step < Steps, moments);
        killed.State.ShouldBe(RunState.Succeeded, killed.Error);
        StepsOf(folder, killed.Id).ShouldBe(StepsOf(folder, undisturbed.Id), moments);
        RecordedSteps(folder, killed.Id).ShouldBe(Steps);
        WeightsOf(folder, killed).ShouldBe(WeightsOf(folder, undisturbed), moments);
        killed.Samples.Select(samples => (samples.Step, samples.Version)).ShouldBe(undisturbed.Samples.Select(samples => (samples.Step, samples.Version)), moments);
    }

    private static string[] Settings(TemporaryFolder folder) =>
    [
        $"Storage:Root={folder.Resolve("data")}", $"Trainer:DataRoot={folder.Resolve("datasets")}", "Trainer:Threads=1",
        "Trainer:CheckpointInterval=00:00:00.1", "Trainer:ProgressInterval=00:00:00.02",
    ];

    private static Task<ServiceProcess> StartAsync(TemporaryFolder folder) =>
        ServiceProcess.StartAsync(Project, Program, ServiceProcess.FreeAddress(), null, Settings(folder));

    private static RunningProcess StartUnawaited(TemporaryFolder folder) => RunningProcess.StartDotnet(
        Repository.Program(Project, Program), [.. Settings(folder).Append($"Listen:Grpc={ServiceProcess.FreeAddress()}").Select(setting => $"--{setting}")]);

    private static async Task<string> SubmitAsync(ServiceProcess trainer)
    {
        using var client = DdpmClient.Connect(trainer.GrpcAddress!);
        return (await client.Trainer.StartRunAsync(new StartRunRequest { RecipeJson = Recipe }, cancellationToken: TestContext.Current.CancellationToken)).Run.Id;
    }

    private static async Task UntilRecordedAsync(TemporaryFolder folder, string runId, int steps, RunningProcess trainer)
    {
        var ended = trainer.ExitAsync();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (RecordedSteps(folder, runId) < steps)
        {
            if (ended.IsCompleted)
                throw new InvalidOperationException($"The Trainer ended by itself:\n{trainer.Output}\n{trainer.Error}");
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    private static async Task<Run> EndAsync(ServiceProcess trainer, string runId)
    {
        using var client = DdpmClient.Connect(trainer.GrpcAddress!);
        Run? last = null;
        await foreach (var happened in client.WatchRunAsync(runId, 1, TestContext.Current.CancellationToken))
            last = happened.Run;
        return last!;
    }

    /// <summary>The record of a run, which a process may be writing.</summary>
    private static byte[] StepsOf(TemporaryFolder folder, string runId)
    {
        var path = folder.Resolve("data", "runs", runId, "steps.csv");
        if (!File.Exists(path))
            return [];
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var bytes = new MemoryStream();
        file.CopyTo(bytes);
        return bytes.ToArray();
    }

    /// <summary>Lines of the record but for its header.</summary>
    private static int RecordedSteps(TemporaryFolder folder, string runId) => Math.Max(0, StepsOf(folder, runId).Count(value => value == '\n') - 1);

    private static byte[] WeightsOf(TemporaryFolder folder, Run run) =>
        File.ReadAllBytes(folder.Resolve("data", "models", run.Model, "versions", run.PublishedVersion, "diffusion_pytorch_model.safetensors"));
}
