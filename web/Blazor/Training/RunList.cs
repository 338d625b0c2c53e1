using Ddpm.V1;
using Ddpm.Web.Backend;
using Ddpm.Web.Following;
using Grpc.Core;

namespace Ddpm.Web.Training;

/// <summary>One page of the list of runs, and the way back to the pages before it.</summary>
public sealed class RunList(ClusterClients cluster)
{
    /// <summary>Runs on a page.</summary>
    public const int PageSize = 10;

    // Tokens of the pages from the first to this one.
    private readonly List<string> _tokens = [""];
    private string _nextToken = "";
    private int _asked;

    /// <summary>Runs of this page, newest first; null before the first answer.</summary>
    public IReadOnlyList<Run>? Runs { get; private set; }

    /// <summary>Why the list could not be read; null when all is well.</summary>
    public Trouble? Trouble { get; private set; }

    /// <summary>Number of this page, from 1.</summary>
    public int Page => _tokens.Count;

    public bool HasNext => _nextToken.Length > 0;

    public bool HasPrevious => _tokens.Count > 1;

    /// <summary>Whether a run of this page waits or trains.</summary>
    public bool HasUnfinished => Runs?.Any(run => !run.HasEnded()) == true;

    public async Task NextAsync(CancellationToken cancellationToken)
    {
        _tokens.Add(_nextToken);
        await LoadAsync(cancellationToken);
    }

    public async Task PreviousAsync(CancellationToken cancellationToken)
    {
        _tokens.RemoveAt(_tokens.Count - 1);
        await LoadAsync(cancellationToken);
    }

    /// <summary>Reads this page. An answer that a later call has overtaken is dropped.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var asked = ++_asked;
        try
        {
            var answer = await cluster.Trainer.ListRunsAsync(new ListRunsRequest { PageSize = PageSize, PageToken = _tokens[^1] }, cluster.Unary(cancellationToken));
            if (asked == _asked)
                (Runs, _nextToken, Trouble) = (answer.Runs, answer.NextPageToken, null);
        }
        catch (RpcException e) when (!cancellationToken.IsCancellationRequested)
        {
            if (asked == _asked)
                Trouble = Trouble.From(e, "Trainer");
        }
    }
}
