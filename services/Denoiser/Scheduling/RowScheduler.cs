using Microsoft.Extensions.Options;

namespace Ddpm.Denoiser;

/// <summary>
/// Shares the engine's workers among the requests that wait. A worker begins the moment that it is free: with as many rows of one network as a
/// forward pass holds and as leave the other idle workers their part, one of each request in turn, whatever their timestep. So neither a
/// request of many rows nor a stream of many requests keeps others waiting for longer than its share.
/// </summary>
internal sealed partial class RowScheduler : IHostedService, IDisposable
{
    private static readonly TimeSpan ShortestRetry = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(1);

    private readonly object _gate = new();
    private readonly IDenoisingEngine _engine;
    private readonly DenoiserMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<RowScheduler> _logger;
    private readonly int _queueLimit;
    private readonly LinkedList<PendingRequest> _inTurn = [];
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Task> _workers = [];
    private int _waitingRows;
    private int _idle;
    private int _busy;
    private bool _refusing;
    private bool _stopped;
    private double _secondsPerRow;

    public RowScheduler(
        IDenoisingEngine engine,
        IOptions<DenoiserOptions> options,
        DenoiserMetrics metrics,
        TimeProvider time,
        ILogger<RowScheduler> logger)
    {
        _engine = engine;
        _metrics = metrics;
        _time = time;
        _logger = logger;
        _queueLimit = options.Value.QueueLimit;
        metrics.ObserveQueue(() => WaitingRows, () => IdleWorkers);
    }

    /// <summary>Rows that no worker has taken.</summary>
    public int WaitingRows
    {
        get
        {
            lock (_gate)
                return _waitingRows;
        }
    }

    /// <summary>Workers that wait for rows.</summary>
    public int IdleWorkers
    {
        get
        {
            lock (_gate)
                return _idle;
        }
    }

    /// <summary>Answers ε of each query.</summary>
    /// <param name="lease">The network; the caller disposes it after the answer.</param>
    /// <param name="queries">At least one.</param>
    /// <param name="cancellationToken">Drops what no worker has taken.</param>
    /// <exception cref="QueueFullException">More rows would wait than may.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or the Denoiser is shutting down.</exception>
    public async Task<float[][]> PredictAsync(NetworkLease lease, IReadOnlyList<NoiseQuery> queries, CancellationToken cancellationToken)
    {
        var request = new PendingRequest(lease, queries);
        Enqueue(request);
        await using (cancellationToken.UnsafeRegister(_ => Drop(request, r => r.Cancel(cancellationToken)), null))
            return await request.Completion;
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        for (var i = 0; i < _engine.Workers; i++)
            _workers.Add(Task.Factory.StartNew(Work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        return Task.CompletedTask;
    }

    /// <summary>Refuses what comes from now on, and lets what waits be answered for as long as the host grants.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _refusing = true;
            if (_waitingRows == 0 && _busy == 0)
                _drained.TrySetResult();
        }
        await _drained.Task.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        CancelWaiting();
        await Task.WhenAll(_workers);
    }

    public void Dispose()
    {
        CancelWaiting();
        Task.WaitAll(_workers);
    }

    /// <summary>Lets the workers end; each finishes the evaluation that it is at.</summary>
    private void CancelWaiting()
    {
        lock (_gate)
        {
            _refusing = true;
            _stopped = true;
            foreach (var request in _inTurn)
                request.Cancel(new CancellationToken(canceled: true));
            _inTurn.Clear();
            _waitingRows = 0;
            Monitor.PulseAll(_gate);
        }
    }

    private void Enqueue(PendingRequest request)
    {
        lock (_gate)
        {
            if (_refusing)
                throw new OperationCanceledException("The Denoiser is shutting down.");
            // An empty queue takes any request, so that none is refused for ever.
            if (_waitingRows > 0 && _waitingRows + request.Waiting > _queueLimit)
            {
                _metrics.Refused(request.Waiting);
                throw new QueueFullException(
                    $"{_waitingRows} rows are waiting and {_queueLimit} may: {request.Waiting} more cannot.", TimeUntilEmpty());
            }
            _waitingRows += request.Waiting;
            _inTurn.AddLast(request.Place);
            Monitor.PulseAll(_gate);
        }
    }

    private TimeSpan TimeUntilEmpty()
    {
        var estimate = TimeSpan.FromSeconds(_waitingRows * _secondsPerRow);
        return estimate < ShortestRetry ? ShortestRetry : estimate > LongestRetry ? LongestRetry : estimate;
    }

    /// <summary>Takes a request's remaining queries out of the queue and ends it.</summary>
    private void Drop(PendingRequest request, Action<PendingRequest> end)
    {
        lock (_gate)
        {
            if (request.Place.List is not null)
            {
                _inTurn.Remove(request.Place);
                _waitingRows -= request.Waiting;
            }
            end(request);
            if (_refusing && _waitingRows == 0 && _busy == 0)
                _drained.TrySetResult();
        }
    }

    /// <summary>A worker, on a thread of its own.</summary>
    private void Work()
    {
        _engine.PrepareThread();
        while (Take() is { } batch)
        {
            using (batch.Lease)
                Evaluate(batch);
            lock (_gate)
            {
                _busy--;
                if (_refusing && _waitingRows == 0 && _busy == 0)
                    _drained.TrySetResult();
            }
        }
    }

    /// <summary>Waits for work; null when there will be none.</summary>
    private Batch? Take()
    {
        lock (_gate)
        {
            while (_waitingRows == 0)
            {
                if (_stopped)
                    return null;
                _idle++;
                Monitor.Wait(_gate);
                _idle--;
            }
            _busy++;
            return Fill();
        }
    }

    private Batch Fill()
    {
        // The network's lease is the batch's own: a request that is cancelled gives its back while the worker still evaluates.
        var first = _inTurn.First!.Value;
        var batch = new Batch(first.Lease.Share());
        var share = (_waitingRows + _idle) / (_idle + 1);
        var room = _engine.MaxBatchRows;
        for (var place = _inTurn.First; place is not null && room > 0 && batch.Items.Count < share;)
        {
            var request = place.Value;
            place = place.Next;
            if (request.Lease.Network != batch.Lease.Network)
                continue;
            var query = request.Queries[request.Next];
            if (query.Rows > room && batch.Items.Count > 0)
                break;
            batch.Items.Add((request, request.Next++));
            room -= query.Rows;
            _waitingRows--;
            _inTurn.Remove(request.Place);
            // Behind the others: its next query is taken when each of them had its turn, perhaps in this very round.
            if (request.Waiting > 0)
            {
                _inTurn.AddLast(request.Place);
                place ??= request.Place;
            }
        }
        return batch;
    }

    private void Evaluate(Batch batch)
    {
        var began = _time.GetTimestamp();
        try
        {
            var epsilon = EpsilonPrediction.Predict(batch.Lease.Network, [.. batch.Items.Select(item => item.Request.Queries[item.Query])]);
            var elapsed = _time.GetElapsedTime(began);
            _metrics.Evaluated(batch.Items.Count, elapsed);
            lock (_gate)
            {
                Learn(elapsed / batch.Items.Count / _engine.Workers);
                foreach (var (index, (request, query)) in batch.Items.Index())
                    request.Answer(query, epsilon[index]);
            }
        }
        catch (Exception e)
        {
            LogEvaluationFailed(_logger, batch.Items.Count, e);
            foreach (var request in batch.Items.Select(item => item.Request).Distinct())
                Drop(request, r => r.Fail(new InvalidOperationException("The evaluation failed.", e)));
        }
    }

    private void Learn(TimeSpan perRow) =>
        _secondsPerRow = _secondsPerRow == 0 ? perRow.TotalSeconds : 0.9 * _secondsPerRow + 0.1 * perRow.TotalSeconds;

    [LoggerMessage(1, LogLevel.Error, "An evaluation of {Rows} rows failed")]
    private static partial void LogEvaluationFailed(ILogger logger, int rows, Exception exception);

    private sealed record Batch(NetworkLease Lease)
    {
        public List<(PendingRequest Request, int Query)> Items { get; } = [];
    }
}
