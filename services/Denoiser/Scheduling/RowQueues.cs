namespace Ddpm.Denoiser;

/// <summary>
/// What waits, and which of it is evaluated next and how. Interactive queries go before bulk ones, but for one pass in
/// <see cref="PassesBeforeBulk"/>. Where there are fewer queries than threads a pass is spread over several, and is done the sooner; where there are more, each
/// pass has a thread and as many rows as it holds, which is the most work in a time. While somebody is interactive, bulk passes are brief ones on all
/// threads, so that the next step of a trajectory that is watched finds a free machine soon. Not safe for several threads.
/// </summary>
internal sealed class RowQueues(IDenoisingEngine engine, TimeProvider time)
{
    private const int PassesBeforeBulk = 8;

    /// <summary>Between two steps of a trajectory, and between two jobs of somebody who tries things, lies less.</summary>
    private static readonly TimeSpan InteractiveFor = TimeSpan.FromSeconds(5);

    private readonly FairQueue _interactive = new();
    private readonly FairQueue _bulk = new();
    private int _threadsInUse;
    private int _interactiveThreads;
    private int _passesSinceBulk;
    private long? _interactiveAt;

    /// <summary>Queries that wait.</summary>
    public int Waiting => _interactive.Queries + _bulk.Queries;

    /// <summary>Queries that wait and go before, or take turns with, those of a turn.</summary>
    public int WaitingBefore(RequestTurn turn) => turn.IsBulk ? Waiting : _interactive.Queries;

    /// <summary>Queries that wait of a turn's urgency.</summary>
    public int WaitingLike(RequestTurn turn) => Of(turn).Queries;

    public void Add(PendingRequest request)
    {
        Of(request.Turn).Add(request);
        if (!request.Turn.IsBulk)
            _interactiveAt = time.GetTimestamp();
    }

    /// <summary>Takes out what waits of a request, if anything does.</summary>
    public void Remove(PendingRequest request) => Of(request.Turn).Remove(request);

    /// <summary>Takes out everything.</summary>
    public IReadOnlyList<PendingRequest> Clear()
    {
        PendingRequest[] requests = [.. _interactive.Requests, .. _bulk.Requests];
        foreach (var request in requests)
            Remove(request);
        return requests;
    }

    /// <summary>Begins the next pass.</summary>
    /// <returns>The pass; null when none is to begin before something comes or a pass ends.</returns>
    public ForwardPass? Begin()
    {
        var bulksTurn = _bulk.Queries > 0 && _passesSinceBulk >= PassesBeforeBulk;
        if (_interactive.Queries > 0 && !bulksTurn)
            return BeginFor(_interactive, engine.Workers - _interactiveThreads);
        if (_bulk.Queries == 0)
            return null;
        if (!IsSomebodyInteractive)
            return BeginFor(_bulk, engine.Workers - _threadsInUse);
        var threads = bulksTurn ? 1 : engine.LonePassThreads;
        return _threadsInUse + threads <= engine.Workers || bulksTurn ? Fill(_bulk, threads, int.MaxValue, engine.BriefBatchRows) : null;
    }

    /// <summary>Gives the threads of a pass back.</summary>
    public void End(ForwardPass pass)
    {
        _threadsInUse -= pass.Threads;
        if (pass.IsBulk)
            return;
        _interactiveThreads -= pass.Threads;
        _interactiveAt = time.GetTimestamp();
    }

    private bool IsSomebodyInteractive => _interactiveAt is { } at && time.GetElapsedTime(at) < InteractiveFor;

    private FairQueue Of(RequestTurn turn) => turn.IsBulk ? _bulk : _interactive;

    private ForwardPass BeginFor(FairQueue queue, int freeThreads) =>
        engine.LonePassThreads > 1 && freeThreads / queue.Queries >= engine.LonePassThreads
            ? Fill(queue, engine.LonePassThreads, int.MaxValue, engine.BriefBatchRows)
            // A worker's share of what is left, so that all end at about the same time: guided self-scheduling (Polychronopoulos and Kuck 1987).
            : Fill(queue, 1, (queue.Queries + engine.Workers - 1) / engine.Workers, engine.MaxBatchRows);

    private ForwardPass Fill(FairQueue queue, int threads, int queries, int rows)
    {
        // One is always taken, however many rows it has: it is never split.
        var first = queue.Take(network: null, int.MaxValue)!.Value;
        var pass = new ForwardPass(first.Request.Lease.Share(), threads, IsBulk: queue == _bulk);
        pass.Add(first);
        while (pass.Queries.Count < queries && queue.Take(pass.Lease.Network, rows - pass.Rows) is { } next)
            pass.Add(next);
        _threadsInUse += threads;
        if (!pass.IsBulk)
            _interactiveThreads += threads;
        _passesSinceBulk = pass.IsBulk || _bulk.Queries == 0 ? 0 : _passesSinceBulk + 1;
        return pass;
    }
}
