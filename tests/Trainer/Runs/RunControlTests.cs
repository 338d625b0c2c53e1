using Ddpm.Protocol;
using Ddpm.Safetensors;
using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Trainer.Runs;

public sealed class RunControlTests : IDisposable
{
    private static readonly string Lengthy = TinyData.Recipe.Replace("\"steps\": 6", "\"steps\": 150");
    private static readonly string Endless = TinyData.Recipe.Replace("\"steps\": 6", "\"steps\": 100000000");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ResumeRun_AfterAStop_EndsInTheVersionAndTheRecordOfAnUndisturbedRun()
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);
        var run = await trainer.StartRunAsync(Lengthy);
        await trainer.UntilAsync(run.Id, current => current.StepsDone > 5);
        await trainer.StopRunAsync(run.Id);
        var stopped = (await trainer.EventsAsync(run.Id))[^1].Run;

        var resumed = await trainer.ResumeRunAsync(run.Id);
        var ended = (await trainer.EventsAsync(run.Id, resumed.LastEvent))[^1].Run;
        var undisturbed = await trainer.FinishAsync(Lengthy);

        stopped.State.ShouldBe(RunState.Stopped);
        stopped.StepsDone.ShouldBeLessThan(150);
        resumed.State.ShouldBe(RunState.Queued);
        ended.State.ShouldBe(RunState.Succeeded);
        ended.PublishedVersion.ShouldBe(undisturbed.PublishedVersion);
        (await File.ReadAllBytesAsync(Steps(run), TestContext.Current.CancellationToken))
            .ShouldBe(await File.ReadAllBytesAsync(Steps(undisturbed), TestContext.Current.CancellationToken));
        (await Should.ThrowAsync<RpcException>(() => trainer.ResumeRunAsync(run.Id))).StatusCode.ShouldBe(StatusCode.FailedPrecondition);
    }

    /// <summary>Long after its newest progress.</summary>
    [Fact]
    public async Task StopRun_BetweenTwoReports_SaysHowManyStepsTheCheckpointHas()
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path, "--Trainer:ProgressInterval=00:10:00", "--Trainer:CheckpointInterval=00:00:00.05");
        var run = await trainer.StartRunAsync(Endless);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!File.Exists(Checkpoint(run)))
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);

        await trainer.StopRunAsync(run.Id);
        var stopped = (await trainer.EventsAsync(run.Id))[^1].Run;

        stopped.State.ShouldBe(RunState.Stopped);
        stopped.StepsDone.ShouldBeGreaterThan(0);
        using var checkpoint = SafetensorsFile.Open(Checkpoint(run));
        checkpoint.ReadInt64("steps")[0].ShouldBe(stopped.StepsDone);
        (await File.ReadAllLinesAsync(Steps(run), TestContext.Current.CancellationToken)).Length.ShouldBe((int)stopped.StepsDone + 1);
    }

    /// <summary>A checkpoint with a weight that is no number stands for a run that diverges.</summary>
    [Fact]
    public async Task Run_WhoseLossIsNoNumber_FailsAndKeepsItsLastCheckpoint()
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);
        var run = await StoppedAsync(trainer, Endless);
        Spoil(Checkpoint(run));
        var before = await File.ReadAllBytesAsync(Checkpoint(run), TestContext.Current.CancellationToken);

        var resumed = await trainer.ResumeRunAsync(run.Id);
        var ended = (await trainer.EventsAsync(run.Id, resumed.LastEvent))[^1].Run;

        ended.State.ShouldBe(RunState.Failed);
        ended.Error.ShouldContain("not a finite number");
        (await File.ReadAllBytesAsync(Checkpoint(run), TestContext.Current.CancellationToken)).ShouldBe(before);
        (await trainer.ListModelsAsync()).ShouldNotContain(model => model.Name == "stripes");
    }

    [Fact]
    public async Task PublishRun_OfAStoppedOne_PublishesItsCheckpoint()
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);
        var run = await StoppedAsync(trainer, Endless);

        var published = await trainer.PublishRunAsync(run.Id);
        var again = await trainer.PublishRunAsync(run.Id);

        published.State.ShouldBe(RunState.Stopped);
        published.Publication.Aliases.ShouldBe(["candidate", "stable", "latest"]);
        again.PublishedVersion.ShouldBe(published.PublishedVersion);
        var version = (await trainer.GetModelAsync("stripes")).Versions.ShouldHaveSingleItem();
        version.Version.ShouldBe(published.PublishedVersion);
        version.Training.Steps.ShouldBe(run.StepsDone);
        version.Training.TrainingImages.ShouldBe(61);
        version.Training.ValidationImages.ShouldBe(3);
        version.Training.RecipeJson.ShouldBe(Endless);
        using var averaged = Networks.Checkpoint.Load(Path.Combine(_folder.Path, "models/stripes/versions", version.Version));
        using var state = SafetensorsFile.Open(Checkpoint(run));
        foreach (var (name, parameter) in averaged.Network.named_parameters())
            parameter.data<float>().ToArray().ShouldBe(state.ReadFloat32($"averaged.{name}"));
    }

    [Fact]
    public async Task PublishAndDelete_OfARunUnderWay_AreRefused()
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);
        var run = await trainer.StartRunAsync(Endless);
        await trainer.UntilAsync(run.Id, current => current.StepsDone > 0);

        (await Should.ThrowAsync<RpcException>(() => trainer.PublishRunAsync(run.Id))).StatusCode.ShouldBe(StatusCode.FailedPrecondition);
        (await Should.ThrowAsync<RpcException>(() => trainer.DeleteRunAsync(run.Id))).StatusCode.ShouldBe(StatusCode.FailedPrecondition);
        (await trainer.ResumeRunAsync(run.Id)).State.ShouldBe(RunState.Running);
        await trainer.StopRunAsync(run.Id);
        await trainer.EventsAsync(run.Id);
    }

    [Fact]
    public async Task DeleteRun_ThatHasEnded_RemovesAllButItsVersion()
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);
        var run = await trainer.FinishAsync(TinyData.Recipe);

        await trainer.DeleteRunAsync(run.Id);

        (await trainer.ListRunsAsync()).Runs.ShouldBeEmpty();
        Directory.Exists(Path.Combine(_folder.Path, "runs", run.Id)).ShouldBeFalse();
        (await trainer.GetModelAsync("stripes")).Aliases["latest"].ShouldBe(run.PublishedVersion);
        (await Should.ThrowAsync<RpcException>(() => trainer.DeleteRunAsync(run.Id))).StatusCode.ShouldBe(StatusCode.NotFound);
    }

    [Fact]
    public async Task Waiting_RunsThatAreStoppedAndResumedOrDeleted_KeepNoOtherFromItsTurn()
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);
        var training = await trainer.StartRunAsync(Endless);
        var resumed = await trainer.StartRunAsync(TinyData.Recipe);
        var deleted = await trainer.StartRunAsync(TinyData.Recipe);
        var last = await trainer.StartRunAsync(TinyData.Recipe);

        await trainer.StopRunAsync(resumed.Id);
        (await trainer.ResumeRunAsync(resumed.Id)).State.ShouldBe(RunState.Queued);
        await trainer.StopRunAsync(deleted.Id);
        await trainer.DeleteRunAsync(deleted.Id);
        await trainer.StopRunAsync(training.Id);

        (await trainer.EventsAsync(last.Id))[^1].Run.State.ShouldBe(RunState.Succeeded);
        (await trainer.EventsAsync(resumed.Id, from: 3))[^1].Run.State.ShouldBe(RunState.Succeeded);
        (await trainer.FinishAsync(TinyData.Recipe)).State.ShouldBe(RunState.Succeeded);
    }

    [Fact]
    public async Task GetRunCurve_OfManySteps_AnswersTheMeansOfStretches()
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);
        var run = await trainer.FinishAsync(Lengthy);

        var all = await trainer.GetRunCurveAsync(run.Id, 1000);
        var few = await trainer.GetRunCurveAsync(run.Id, 4);
        var later = await trainer.GetRunCurveAsync(run.Id, 1000, afterStep: 148);

        all.Select(point => point.Step).ShouldBe(Enumerable.Range(1, 150).Select(step => (long)step));
        few.Select(point => point.Step).ShouldBe([38, 76, 114, 150]);
        few[1].Loss.ShouldBe(all.Skip(38).Take(38).Average(point => point.Loss), 1e-12);
        few[1].QuartileLosses.Sum(quartile => quartile.ImageCount).ShouldBe(38 * 8);
        later.ShouldBe(all.Skip(148));
        all[0].LearningRate.ShouldBe(0.002);
        (await Should.ThrowAsync<RpcException>(() => trainer.GetRunCurveAsync(run.Id, 1))).FieldViolations().ShouldHaveSingleItem().Field.ShouldBe("max_points");
    }

    private static void Spoil(string path)
    {
        var writer = new SafetensorsWriter();
        using (var file = SafetensorsFile.Open(path))
        {
            foreach (var (name, entry) in file.Entries)
            {
                switch (entry.DType)
                {
                    case SafetensorsType.I64:
                        writer.Add(name, file.ReadInt64(name), entry.Shape.AsSpan());
                        break;
                    case SafetensorsType.F64:
                        writer.Add(name, file.ReadFloat64(name), entry.Shape.AsSpan());
                        break;
                    default:
                        var values = file.ReadFloat32(name);
                        if (name == "network.conv_out.weight")
                            values[0] = float.NaN;
                        writer.Add(name, values, entry.Shape.AsSpan());
                        break;
                }
            }
        }
        writer.Write(path);
    }

    private static async Task<Run> StoppedAsync(TrainerUnderTest trainer, string recipe)
    {
        var run = await trainer.StartRunAsync(recipe);
        await trainer.UntilAsync(run.Id, current => current.StepsDone > 3);
        await trainer.StopRunAsync(run.Id);
        return (await trainer.EventsAsync(run.Id))[^1].Run;
    }

    private string Checkpoint(Run run) => Path.Combine(_folder.Path, "runs", run.Id, "state.safetensors");

    private string Steps(Run run) => Path.Combine(_folder.Path, "runs", run.Id, "steps.csv");
}
