namespace Ddpm.Denoiser;

/// <summary>A request of which some queries are not answered yet. The scheduler's lock guards what changes.</summary>
internal sealed class PendingRequest
{
    private readonly float[][] _answers;
    private readonly TaskCompletionSource<float[][]> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _unanswered;

    /// <param name="lease">Held by whoever makes the request, until <see cref="Completion"/> has completed.</param>
    /// <param name="queries">At least one.</param>
    /// <param name="turn">Whose turn it takes.</param>
    /// <param name="since">When it came, as a timestamp.</param>
    public PendingRequest(NetworkLease lease, IReadOnlyList<NoiseQuery> queries, RequestTurn turn, long since)
    {
        Lease = lease;
        Queries = queries;
        Turn = turn;
        Since = since;
        _answers = new float[queries.Count][];
        _unanswered = queries.Count;
    }

    public NetworkLease Lease { get; }

    public IReadOnlyList<NoiseQuery> Queries { get; }

    public RequestTurn Turn { get; }

    /// <summary>When it came, as a timestamp.</summary>
    public long Since { get; }

    /// <summary>The first query that no worker has taken.</summary>
    public int Next { get; private set; }

    public int Waiting => Queries.Count - Next;

    public Task<float[][]> Completion => _completion.Task;

    /// <summary>Takes the next query.</summary>
    public int Take() => Next++;

    public void Answer(int query, float[] epsilon)
    {
        _answers[query] = epsilon;
        if (--_unanswered == 0)
            _completion.TrySetResult(_answers);
    }

    public void Fail(Exception exception) => _completion.TrySetException(exception);

    public void Cancel(CancellationToken cancellationToken) => _completion.TrySetCanceled(cancellationToken);
}
