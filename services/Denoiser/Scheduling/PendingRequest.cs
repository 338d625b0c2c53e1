namespace Ddpm.Denoiser;

/// <summary>A request of which some queries are not answered yet. The scheduler's lock guards what changes.</summary>
internal sealed class PendingRequest
{
    private readonly float[][] _answers;
    private readonly TaskCompletionSource<float[][]> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _unanswered;

    public PendingRequest(NetworkLease lease, IReadOnlyList<NoiseQuery> queries)
    {
        Lease = lease;
        Queries = queries;
        Place = new LinkedListNode<PendingRequest>(this);
        _answers = new float[queries.Count][];
        _unanswered = queries.Count;
    }

    /// <summary>Held by whoever made the request, until <see cref="Completion"/> has completed.</summary>
    public NetworkLease Lease { get; }

    public IReadOnlyList<NoiseQuery> Queries { get; }

    /// <summary>Where it stands among the requests that have queries waiting.</summary>
    public LinkedListNode<PendingRequest> Place { get; }

    /// <summary>The first query that no worker has taken.</summary>
    public int Next { get; set; }

    public int Waiting => Queries.Count - Next;

    public Task<float[][]> Completion => _completion.Task;

    public void Answer(int query, float[] epsilon)
    {
        _answers[query] = epsilon;
        if (--_unanswered == 0)
            _completion.TrySetResult(_answers);
    }

    public void Fail(Exception exception) => _completion.TrySetException(exception);

    public void Cancel(CancellationToken cancellationToken) => _completion.TrySetCanceled(cancellationToken);
}
