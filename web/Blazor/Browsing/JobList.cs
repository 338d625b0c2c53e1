using Ddpm.V1;
using Ddpm.Web.Backend;
using Ddpm.Web.Following;
using Grpc.Core;

namespace Ddpm.Web.Browsing;

/// <summary>One page of the list of jobs, its filters, and the way back to the pages before it.</summary>
public sealed class JobList(ClusterClients cluster)
{
    /// <summary>Jobs on a page.</summary>
    public const int PageSize = 24;

    private readonly PageTrail _pages = new();
    private int _asked;

    public StateFilter State { get; private set; }

    /// <summary>Only this model; empty for all.</summary>
    public string Model { get; private set; } = "";

    /// <summary>Only this sampler; empty for all.</summary>
    public string Sampler { get; private set; } = "";

    /// <summary>Jobs of this page, newest first; null before the first answer.</summary>
    public IReadOnlyList<Job>? Jobs { get; private set; }

    /// <summary>Jobs that match, over all pages.</summary>
    public long TotalCount { get; private set; }

    /// <summary>Why the list could not be read; null when all is well.</summary>
    public Trouble? Trouble { get; private set; }

    /// <summary>Number of this page, from 1.</summary>
    public int Page => _pages.Page;

    public bool HasNext => _pages.HasNext;

    public bool HasPrevious => _pages.HasPrevious;

    public bool IsFiltered => State != StateFilter.All || Model.Length > 0 || Sampler.Length > 0;

    /// <summary>Whether a job of this page is still under way.</summary>
    public bool HasUnfinished => Jobs?.Any(job => !job.HasEnded()) == true;

    /// <summary>Sets the filters and goes to the first page; call <see cref="LoadAsync"/> afterwards.</summary>
    public void Filter(StateFilter state, string model, string sampler)
    {
        (State, Model, Sampler) = (state, model, sampler);
        _pages.Restart();
        Jobs = null;
    }

    public async Task NextAsync(CancellationToken cancellationToken)
    {
        _pages.Next();
        await LoadAsync(cancellationToken);
    }

    public async Task PreviousAsync(CancellationToken cancellationToken)
    {
        _pages.Previous();
        await LoadAsync(cancellationToken);
    }

    /// <summary>Reads this page. An answer that a later call has overtaken is dropped.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var asked = ++_asked;
        var request = new ListJobsRequest { PageSize = PageSize, PageToken = _pages.Token, Model = Model, Sampler = Sampler };
        request.States.Add(StatesOf(State));
        try
        {
            var answer = await cluster.Orchestrator.ListJobsAsync(request, cluster.Unary(cancellationToken));
            if (asked != _asked)
                return;
            (Jobs, TotalCount, Trouble) = (answer.Jobs, answer.TotalCount, null);
            _pages.Read(answer.NextPageToken);
        }
        catch (RpcException e) when (!cancellationToken.IsCancellationRequested)
        {
            if (asked == _asked)
                Trouble = Trouble.From(e, "Orchestrator");
        }
    }

    private static IEnumerable<JobState> StatesOf(StateFilter filter) => filter switch
    {
        StateFilter.Running => [JobState.Queued, JobState.Running],
        StateFilter.Finished => [JobState.Succeeded],
        StateFilter.Failed => [JobState.Failed],
        StateFilter.Cancelled => [JobState.Cancelled],
        _ => [],
    };
}
