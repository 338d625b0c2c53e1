using Ddpm.V1;
using Ddpm.Web.Backend;
using Ddpm.Web.Following;
using Ddpm.Web.Tests.Doubles;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Time.Testing;

namespace Ddpm.Web.Tests.Following;

public sealed class RunFollowerTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly InMemoryTrainer _trainer = new();
    private readonly Run _run = Samples.Run();
    private readonly RunFollower _follower;

    public RunFollowerTests()
    {
        _trainer.Keep(_run);
        _follower = new RunFollower(Cluster.Of(trainer: _trainer, time: _time), _run.Id, _time);
    }

    public ValueTask DisposeAsync() => _follower.DisposeAsync();

    [Fact]
    public async Task Start_RunUnderWay_HasItsPastAndWatchesFromTheEventAfterTheLast()
    {
        _run.LastEvent = 41;
        _run.StepsDone = 20;
        _trainer.Curves[_run.Id] = [new RunCurvePoint { Step = 10, Loss = 1 }, new RunCurvePoint { Step = 20, Loss = 0.5 }];

        _follower.Start();
        await _trainer.Watched;

        _follower.Phase.ShouldBe(FollowPhase.Live);
        _follower.Curve.Points.Select(point => point.Loss).ShouldBe([1, 0.5]);
        _trainer.WatchedFrom.ShouldBe([42]);
    }

    [Fact]
    public async Task Progress_Heard_ContinuesTheCurveAndTellsPaceAndTimeLeft()
    {
        _follower.Start();
        await _trainer.Watched;

        Progress(30, 0.25);
        // What is set last.
        await UntilAsync(() => _follower.TimeLeft is not null);

        _follower.Run!.StepsDone.ShouldBe(30);
        _follower.Curve.Points.ShouldHaveSingleItem().Loss.ShouldBe(0.25);
        _follower.ImagesPerSecond.ShouldBe(120);
        _follower.TimeLeft.ShouldBe(TimeSpan.FromMinutes(3));
    }

    [Fact]
    public async Task End_Heard_ReadsTheWholeCurveOnceMoreAndStopsWatching()
    {
        _follower.Start();
        await _trainer.Watched;
        _trainer.Curves[_run.Id] = [new RunCurvePoint { Step = 300, Loss = 0.1 }];

        _trainer.Finish(_run, RunState.Succeeded);
        await UntilAsync(() => _follower.Phase == FollowPhase.Ended && _follower.Curve.Points.Count == 1);

        _follower.TimeLeft.ShouldBeNull();
        _follower.ImagesPerSecond.ShouldBeNull();
    }

    [Fact]
    public async Task Connection_Lost_IsSaidAndTakenUpAgain()
    {
        _follower.Start();
        await _trainer.Watched;

        _trainer.Events!.Break();
        await UntilAsync(() => _follower.Trouble is not null);
        _follower.Trouble!.Kind.ShouldBe(TroubleKind.Unreachable);
        while (_trainer.WatchedFrom.Count < 2)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await UntilAsync(() => _follower.Trouble is null);
    }

    [Fact]
    public async Task ResumeAsync_StoppedRun_IsFollowedAgain()
    {
        _run.State = RunState.Stopped;
        _follower.Start();
        await UntilAsync(() => _follower.Phase == FollowPhase.Ended && _follower.Run is not null);
        _trainer.WatchedFrom.ShouldBeEmpty();

        (await _follower.ResumeAsync()).ShouldBeNull();
        await _trainer.Watched;
        Progress(5, 0.5);

        await UntilAsync(() => _follower.Run!.StepsDone == 5);
        _follower.Phase.ShouldBe(FollowPhase.Live);
    }

    [Fact]
    public async Task StopAsync_RunThatTrains_IsStoppingUntilItsEndIsHeard()
    {
        _follower.Start();
        await _trainer.Watched;

        await _follower.StopAsync();
        _follower.IsStopping.ShouldBeTrue();
        _trainer.Finish(_run, RunState.Stopped);

        await UntilAsync(() => _follower.Phase == FollowPhase.Ended);
        _follower.IsStopping.ShouldBeFalse();
    }

    [Fact]
    public async Task StopAsync_ThenResumeAsync_IsFollowedWhateverIsHeardFirst()
    {
        _run.State = RunState.Queued;
        _follower.Start();
        await _trainer.Watched;
        await _follower.StopAsync();
        await _follower.ResumeAsync();

        // The event of the stop may come before the answer to the resumption or after it.
        await UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            Progress(_run.StepsDone + 1, 1);
            return _follower.Curve.Points.Count > 1;
        });
        _follower.Phase.ShouldBe(FollowPhase.Live);
    }

    [Fact]
    public async Task PublishAsync_RunThatTrains_SaysWhyNot()
    {
        _follower.Start();
        await _trainer.Watched;

        var trouble = await _follower.PublishAsync();

        trouble!.Advice.ShouldBe("The run has not ended.");
    }

    [Fact]
    public async Task Start_NoSuchRun_IsMissing()
    {
        _trainer.Runs.Clear();

        _follower.Start();

        await UntilAsync(() => _follower.Phase == FollowPhase.Missing);
    }

    private void Progress(long step, double loss)
    {
        _run.State = RunState.Running;
        (_run.StepsDone, _run.Loss) = (step, loss);
        _trainer.Happen(_run, happened =>
        {
            (happened.GradientNorm, happened.ImagesPerSecond, happened.LearningRate) = (1.5, 120, 1e-3);
            happened.TimeLeft = Duration.FromTimeSpan(TimeSpan.FromMinutes(3));
        });
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
