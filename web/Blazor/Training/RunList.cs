using Ddpm.V1;
using Ddpm.Web.Backend;
using Ddpm.Web.Browsing;
using Ddpm.Web.Following;
using Grpc.Core;

namespace Ddpm.Web.Training;

/// <summary>One page of the list of runs, and the way back to the pages before it.</summary>
public sealed class RunList(ClusterClients cluster)
{
    /// <summary>Runs on a page.</summary>
    public const int PageSize = 10;

    private readonly PageTrail _pages = new();
    private int _asked;

    /// <summary>Runs of this page, newest first; null before the first answer.</summary>
    public IReadOnlyList<Run>? Runs { get; private set; }

    /// <summary>Why the list could not be read; null when all is well.</summary>
    public Trouble? Trouble { get; private set; }

    /// <summary>Number of this page, from 1.</summary>
    public int Page => _pages.Page;

    public bool HasNext => _pages.HasNext;

    public bool HasPrevious => _pages.HasPrevious;

    /// <summary>Whether a run of this page waits or trains.</summary>
    public bool HasUnfinished => Runs?.Any(run => !run.HasEnded()) == true;

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
        try
        {
            var answer = await cluster.Trainer.ListRunsAsync(new ListRunsRequest { PageSize = PageSize, PageToken = _pages.Token }, cluster.Unary(cancellationToken));
            if (asked != _asked)
                return;
            (Runs, Trouble) = (answer.Runs, null);
            _pages.Read(answer.NextPageToken);
        }
        catch (RpcException e) when (!cancellationToken.IsCancellationRequested)
        {
            if (asked == _asked)
                Trouble = Trouble.From(e, "Trainer");
        }
    }
}
