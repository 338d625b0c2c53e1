using Ddpm.V1;
using Ddpm.Web.Following;
using Ddpm.Web.Tests.Doubles;

namespace Ddpm.Web.Tests.Following;

public sealed class SampleReelTests : IAsyncDisposable
{
    private readonly InMemoryOrchestrator _orchestrator = new();
    private readonly SampleReel _reel;

    public SampleReelTests() => _reel = new SampleReel(Cluster.Of(_orchestrator), TimeProvider.System);

    public ValueTask DisposeAsync() => _reel.DisposeAsync();

    [Fact]
    public async Task TakeAsync_FinishedJobs_ShowsTheNewestWithoutWatching()
    {
        var samples = new[] { SamplesOf(100, JobState.Succeeded), SamplesOf(200, JobState.Succeeded) };

        await _reel.TakeAsync(samples);

        _reel.Current.ShouldBe(samples[1]);
        _reel.EndedJob!.Id.ShouldBe(samples[1].JobId);
        _reel.FinishedJobs.ShouldBe(samples.Select(one => one.JobId), ignoreOrder: true);
        _orchestrator.WatchedFrom.ShouldBeEmpty();
    }

    [Fact]
    public async Task TakeAsync_JobUnderWay_IsFollowedToItsEnd()
    {
        var samples = SamplesOf(100, JobState.Running);
        await _reel.TakeAsync([samples]);
        await _orchestrator.Watched;
        _reel.EndedJob.ShouldBeNull();

        _orchestrator.Finish(_orchestrator.Jobs[samples.JobId], JobState.Succeeded);
        while (_reel.EndedJob is null)
            await Task.Yield();

        // What came of it is kept when others are looked at.
        await _reel.TakeAsync([samples, SamplesOf(200, JobState.Succeeded)]);
        _reel.FinishedJobs.Count().ShouldBe(2);
    }

    [Fact]
    public async Task TakeAsync_NewSamplesWhileOlderOnesAreLookedAt_StaysThere()
    {
        var samples = new[] { SamplesOf(100, JobState.Succeeded), SamplesOf(200, JobState.Succeeded) };
        await _reel.TakeAsync(samples);

        await _reel.SeekAsync(0);
        await _reel.TakeAsync([.. samples, SamplesOf(300, JobState.Succeeded)]);

        _reel.Current!.Step.ShouldBe(100);
        _reel.IsAtEnd.ShouldBeFalse();
    }

    [Fact]
    public async Task TakeAsync_DeletedJob_IsGone()
    {
        await _reel.TakeAsync([new RunSamples { Step = 100, JobId = "00000000-0000-7000-8000-00000000dead" }]);

        _reel.IsGone.ShouldBeTrue();
        _reel.Follower.ShouldBeNull();
    }

    private RunSamples SamplesOf(long step, JobState state)
    {
        var job = Samples.Job(state: state);
        _orchestrator.Jobs.Add(job.Id, job);
        return new RunSamples { Step = step, Version = Samples.Version, JobId = job.Id };
    }
}
