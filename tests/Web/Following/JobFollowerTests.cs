using Ddpm.V1;
using Ddpm.Web.Backend;
using Ddpm.Web.Following;
using Ddpm.Web.Tests.Doubles;
using Microsoft.Extensions.Time.Testing;

namespace Ddpm.Web.Tests.Following;

public sealed class JobFollowerTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly InMemoryOrchestrator _orchestrator = new();
    private readonly Job _job = Samples.Job();
    private readonly JobFollower _follower;

    public JobFollowerTests()
    {
        _orchestrator.Jobs.Add(_job.Id, _job);
        _follower = new JobFollower(Cluster.Of(_orchestrator, time: _time), _job.Id, _time);
    }

    public ValueTask DisposeAsync() => _follower.DisposeAsync();

    [Fact]
    public async Task Start_RunningJob_WatchesFromTheEventAfterTheLast()
    {
        _job.LastEvent = 41;
        _job.StepsDone = 8;

        _follower.Start();
        await _orchestrator.Watched;

        _follower.Phase.ShouldBe(FollowPhase.Live);
        _follower.StepsDone.ShouldBe(8);
        _orchestrator.WatchedFrom.ShouldBe([42]);
    }

    [Fact]
    public async Task Progress_WithPreviews_ShowsThemWithStepNfeAndTimeLeft()
    {
        _follower.Start();
        await _orchestrator.Watched;

        _orchestrator.Progress(_job, 5, [1, 2, 3], [4, 5, 6]);
        await UntilAsync(() => _follower.StepsDone == 5);

        _follower.Evaluations.ShouldBe(10);
        _follower.Timestep.ShouldBe(995);
        _follower.TimeLeft.ShouldBe(TimeSpan.FromSeconds(15));
        _follower.Fraction.ShouldBe(0.25);
        _follower.ImageOf(0).ShouldBe(new TrajectoryImage(5, "data:image/png;base64,AQID"));
        _follower.ImageOf(1).ShouldBe(new TrajectoryImage(5, "data:image/png;base64,BAUG"));
    }

    [Fact]
    public async Task Start_JobUnderWay_ShowsTheNewestFramesUntilPreviewsCome()
    {
        _job.StepsDone = 10;
        _orchestrator.Frames[(_job.Id, 0)] = Samples.Frames(0, 4, 8);

        _follower.Start();
        await UntilAsync(() => _follower.ImageOf(0) is not null);

        _follower.ImageOf(0).ShouldBe(new TrajectoryImage(8, $"/media/jobs/{_job.Id}/trajectories/0/frames/8/denoised.png"));
        _follower.ImageOf(1).ShouldBeNull();
    }

    [Fact]
    public async Task Finish_Succeeded_ShowsTheFinishedImages()
    {
        _follower.Start();
        await _orchestrator.Watched;

        _orchestrator.Progress(_job, 20, [1]);
        _orchestrator.Finish(_job, JobState.Succeeded);
        await UntilAsync(() => _follower.Phase == FollowPhase.Ended);

        _follower.TimeLeft.ShouldBeNull();
        _follower.ImageOf(1)!.Source.ShouldBe($"/media/jobs/{_job.Id}/images/1.png");
    }

    [Fact]
    public async Task Start_FinishedJob_WatchesNothing()
    {
        _job.State = JobState.Succeeded;

        _follower.Start();
        await UntilAsync(() => _follower.Phase == FollowPhase.Ended);

        _orchestrator.WatchedFrom.ShouldBeEmpty();
    }

    [Fact]
    public async Task Start_UnknownJob_IsMissing()
    {
        _orchestrator.Jobs.Clear();

        _follower.Start();
        await UntilAsync(() => _follower.Phase == FollowPhase.Missing);

        _follower.Job.ShouldBeNull();
    }

    [Fact]
    public async Task LostConnection_BackAgain_SaysSoAndGoesOnWhereTheJobIs()
    {
        _follower.Start();
        await _orchestrator.Watched;
        _orchestrator.Failure = Calls.Unavailable();
        _orchestrator.Events!.Break();
        await UntilAsync(() => _follower.Trouble is { Kind: TroubleKind.Unreachable });

        _orchestrator.Failure = null;
        _job.StepsDone = 12;
        _job.LastEvent = 30;
        await UntilAsync(() => _orchestrator.WatchedFrom.Count == 2);

        _follower.Trouble.ShouldBeNull();
        _follower.StepsDone.ShouldBe(12);
        _orchestrator.WatchedFrom[^1].ShouldBe(31);
    }

    [Fact]
    public async Task StateChanged_ResumedFromACheckpoint_StepsGoBackToIt()
    {
        _follower.Start();
        await _orchestrator.Watched;
        _orchestrator.Progress(_job, 9, [1]);
        await UntilAsync(() => _follower.StepsDone == 9);

        _job.StepsDone = 6;
        _orchestrator.Happen(_job, happened => happened.StateChanged = new StateChanged { ResumedFromStep = 6 });
        await UntilAsync(() => _follower.ResumedFromStep == 6);

        _follower.StepsDone.ShouldBe(6);
    }

    [Fact]
    public async Task CancelAsync_RunningJob_ShowsItCancelled()
    {
        _follower.Start();
        await _orchestrator.Watched;

        await _follower.CancelAsync();

        _follower.Job!.State.ShouldBe(JobState.Cancelled);
        _follower.Phase.ShouldBe(FollowPhase.Ended);
        _follower.IsCancelling.ShouldBeFalse();
    }

    [Fact]
    public async Task Changed_ManyEventsAtOnce_IsRaisedAtMostOncePerInterval()
    {
        _follower.Start();
        await _orchestrator.Watched;
        _time.Advance(JobFollower.NoticeInterval);
        var notices = 0;
        _follower.Changed += () => Interlocked.Increment(ref notices);

        for (var step = 1; step <= 19; step++)
            _orchestrator.Progress(_job, step, [1]);
        await UntilAsync(() => _follower.StepsDone == 19, advance: false);
        notices.ShouldBe(1);

        _time.Advance(JobFollower.NoticeInterval);
        notices.ShouldBe(2);
    }

    /// <summary>Waits for a condition; time passes meanwhile unless told otherwise, so that pauses end.</summary>
    private async Task UntilAsync(Func<bool> condition, bool advance = true)
    {
        for (var i = 0; !condition(); i++)
        {
            i.ShouldBeLessThan(5_000, "the condition never came true");
            if (advance)
                _time.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }
}
