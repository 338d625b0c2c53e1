using Ddpm.V1;
using Ddpm.Web.Backend;
using Ddpm.Web.Following;
using Ddpm.Web.Tests.Doubles;

namespace Ddpm.Web.Tests.Following;

public class FrameReelTests
{
    private readonly InMemoryOrchestrator _orchestrator = new();
    private readonly Job _job = Samples.Job();
    private readonly FrameReel _reel;

    public FrameReelTests() => _reel = new FrameReel(Cluster.Of(_orchestrator), _job.Id);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task LoadAsync_FirstTime_LooksAtTheNewestFrame()
    {
        _orchestrator.Frames[(_job.Id, 0)] = Samples.Frames(0, 5, 10);

        await _reel.LoadAsync(0, Cancellation);

        _reel.Current!.Step.ShouldBe(10);
    }

    [Fact]
    public async Task LoadAsync_MoreFramesWhileAtTheEnd_StaysAtTheEnd()
    {
        _orchestrator.Frames[(_job.Id, 0)] = Samples.Frames(0, 5);
        await _reel.LoadAsync(0, Cancellation);

        _orchestrator.Frames[(_job.Id, 0)] = Samples.Frames(0, 5, 10);
        await _reel.LoadAsync(0, Cancellation);

        _reel.Current!.Step.ShouldBe(10);
    }

    [Fact]
    public async Task LoadAsync_AnotherTrajectoryWhileInTheMiddle_StaysAtTheSameStep()
    {
        _orchestrator.Frames[(_job.Id, 0)] = Samples.Frames(0, 5, 10);
        _orchestrator.Frames[(_job.Id, 1)] = Samples.Frames(0, 2, 4, 6, 8, 10);
        await _reel.LoadAsync(0, Cancellation);
        _reel.Seek(1);

        await _reel.LoadAsync(1, Cancellation);

        _reel.Trajectory.ShouldBe(1);
        _reel.Current!.Step.ShouldBe(4);
    }

    [Fact]
    public async Task LoadAsync_NothingKept_HasNoFrame()
    {
        await _reel.LoadAsync(0, Cancellation);

        _reel.Frames.ShouldBeEmpty();
        _reel.Current.ShouldBeNull();
        _reel.Trouble.ShouldBeNull();
    }

    [Fact]
    public async Task LoadAsync_NoAnswer_SaysSoAndKeepsWhatThereIs()
    {
        _orchestrator.Frames[(_job.Id, 0)] = Samples.Frames(0, 5);
        await _reel.LoadAsync(0, Cancellation);
        _orchestrator.Failure = Calls.Unavailable();

        await _reel.LoadAsync(0, Cancellation);

        _reel.Trouble!.Kind.ShouldBe(TroubleKind.Unreachable);
        _reel.Frames!.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(-3, 0)]
    [InlineData(99, 10)]
    public async Task Seek_BeyondTheEnds_IsTheEnd(int index, int step)
    {
        _orchestrator.Frames[(_job.Id, 0)] = Samples.Frames(0, 5, 10);
        await _reel.LoadAsync(0, Cancellation);

        _reel.Seek(index);

        _reel.Current!.Step.ShouldBe(step);
    }
}
