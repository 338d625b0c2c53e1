using Ddpm.V1;
using Ddpm.Web.Browsing;
using Ddpm.Web.Tests.Doubles;

namespace Ddpm.Web.Tests.Browsing;

public class JobListTests
{
    private readonly InMemoryOrchestrator _orchestrator = new();
    private readonly JobList _list;

    public JobListTests() => _list = new JobList(Cluster.Of(_orchestrator));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task NextAsync_ThenPreviousAsync_GoesThereAndBack()
    {
        Fill(JobList.PageSize + 3, JobState.Succeeded);
        await _list.LoadAsync(Cancellation);
        var first = _list.Jobs;

        await _list.NextAsync(Cancellation);

        _list.Page.ShouldBe(2);
        _list.Jobs!.Count.ShouldBe(3);
        _list.HasNext.ShouldBeFalse();

        await _list.PreviousAsync(Cancellation);

        _list.Page.ShouldBe(1);
        _list.Jobs.ShouldBe(first);
        _list.HasPrevious.ShouldBeFalse();
        _list.TotalCount.ShouldBe(JobList.PageSize + 3);
    }

    [Fact]
    public async Task Filter_ByState_AsksForItsStatesFromTheFirstPage()
    {
        Fill(JobList.PageSize + 1, JobState.Succeeded);
        Fill(1, JobState.Running);
        await _list.LoadAsync(Cancellation);
        await _list.NextAsync(Cancellation);

        _list.Filter(StateFilter.Running, "garments", "");
        await _list.LoadAsync(Cancellation);

        _list.Jobs!.ShouldHaveSingleItem().State.ShouldBe(JobState.Running);
        _list.HasUnfinished.ShouldBeTrue();
        var asked = _orchestrator.Listed[^1];
        asked.PageToken.ShouldBeEmpty();
        asked.States.ShouldBe([JobState.Queued, JobState.Running]);
        asked.Model.ShouldBe("garments");
    }

    [Fact]
    public async Task LoadAsync_NoAnswer_KeepsTheJobsAndSaysSo()
    {
        Fill(2, JobState.Succeeded);
        await _list.LoadAsync(Cancellation);
        _orchestrator.Failure = Calls.Unavailable();

        await _list.LoadAsync(Cancellation);

        _list.Jobs!.Count.ShouldBe(2);
        _list.Trouble!.Title.ShouldContain("Orchestrator");

        _orchestrator.Failure = null;
        await _list.LoadAsync(Cancellation);
        _list.Trouble.ShouldBeNull();
    }

    private void Fill(int count, JobState state)
    {
        for (var i = 0; i < count; i++)
        {
            var job = Samples.Job(state: state);
            _orchestrator.Jobs.Add(job.Id, job);
        }
    }
}
