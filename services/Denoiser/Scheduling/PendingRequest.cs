namespace Ddpm.Denoiser;

/// <summary>A request of which some queries are not answered yet. The scheduler's lock guards what changes.</summary>
internal sealed class PendingRequest
{
    private readonly float[][] _answers;
    private readonly TaskCompletionSource<float[][]> _completion;
    private int _unanswered;

    /// <param name="lease">Held by whoever makes the request, until <see cref="Completion"/> has completed.</param>
    /// <param name="queries">At least one.</param>
    /// <param name="turn">Whose turn it takes.</param>
    /// <param name="since">When it came, as a timestamp.</param>
    /// <param name="continuesOnWorker">Whether what awaits the answer may run on the thread that gives it.</param>
    public PendingRequest(NetworkLease lease, IReadOnlyList<NoiseQuery> queries, RequestTurn turn, long since, bool continuesOnWorker)
    {
        Lease = lease;
        Queries = queries;
        Turn = turn;
        Since = since;
        ContinuesOnWorker = continuesOnWorker;
        _completion = new(continuesOnWorker ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously);
        _answers = new float[queries.Count][];
        _unanswered = queries.Count;
    }

    public NetworkLease Lease { get; }

    public IReadOnlyList<NoiseQuery> Queries { get; }

    public RequestTurn Turn { get; }

    /// <summary>When it came, as a timestamp.</summary>
    public long Since { get; }

    public bool ContinuesOnWorker { get; }

    /// <summary>The first query that no worker has taken.</summary>
    public int Next { get; private set; }

    public int Waiting => Queries.Count - Next;

    public Task<float[][]> Completion => _completion.Task;

    /// <summary>Takes the next query.</summary>
    public int Take() => Next++;

    /// <summary>Notes an answer.</summary>
    /// <returns>Whether it was the last that was missing: then <see cref="Complete"/> is to follow.</returns>
    public bool Answer(int query, float[] epsilon)
    {
        _answers[query] = epsilon;
        return --_unanswered == 0;
    }

    /// <summary>Gives the answers. Like the other two ends not to be called under a lock.</summary>
    public void Complete() => _completion.TrySetResult(_answers);

    public void Fail(Exception exception) => _completion.TrySetException(exception);

    public void Cancel(CancellationToken cancellationToken) => _completion.TrySetCanceled(cancellationToken);
}
