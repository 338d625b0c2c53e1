using Microsoft.Extensions.Options;

namespace Ddpm.Denoiser;

/// <summary>
/// Shares the engine's workers among the requests that wait, whatever their timestep, sampler or job. A worker begins the moment that it is free;
/// what it begins is decided by <see cref="RowQueues"/>.
/// </summary>
internal sealed partial class RowScheduler : IHostedService, IDisposable
{
    private static readonly TimeSpan ShortestRetry = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(1);

    /// <summary>Whose worker this thread is while it carries an answer on: it looks at the queue itself when that is done.</summary>
    [ThreadStatic]
    private static RowScheduler? _carryingOn;

    private readonly Lock _gate = new();
    private readonly IDenoisingEngine _engine;
    private readonly DenoiserMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<RowScheduler> _logger;
    private readonly int _queueLimit;
    private readonly RowQueues _queues;
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Task> _workers = [];
    private readonly Stack<SemaphoreSlim> _sleeping = [];
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
        _queues = new RowQueues(engine, time);
        metrics.ObserveQueue(() => WaitingRows, () => IdleWorkers);
    }

    /// <summary>Rows that no worker has taken.</summary>
    public int WaitingRows
    {
        get
        {
            lock (_gate)
                return _queues.Waiting;
        }
    }

    /// <summary>Workers that wait for rows.</summary>
    public int IdleWorkers
    {
        get
        {
            lock (_gate)
                return _sleeping.Count;
        }
    }

    /// <summary>Answers ε of each query.</summary>
    /// <param name="lease">The network; the caller disposes it after the answer.</param>
    /// <param name="queries">At least one.</param>
    /// <param name="turn">Whose turn it takes.</param>
    /// <param name="continuesOnWorker">
    /// Whether a worker that has nothing else to do may itself run what awaits the answer, which saves the waking of another thread. It must hand
    /// the answer on and no more: above all it must not wait for anything.
    /// </param>
    /// <param name="cancellationToken">Drops what no worker has taken.</param>
    /// <exception cref="QueueFullException">More rows would wait than may.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or the Denoiser is shutting down.</exception>
    public async Task<float[][]> PredictAsync(
        NetworkLease lease, IReadOnlyList<NoiseQuery> queries, RequestTurn turn, bool continuesOnWorker, CancellationToken cancellationToken)
    {
        var request = new PendingRequest(lease, queries, turn, _time.GetTimestamp(), continuesOnWorker);
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
            NoteWhenDrained();
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

    /// <summary>Lets the workers end; each finishes the pass that it is at.</summary>
    private void CancelWaiting()
    {
        IReadOnlyList<PendingRequest> waiting;
        lock (_gate)
        {
            _refusing = true;
            _stopped = true;
            waiting = _queues.Clear();
            while (_sleeping.Count > 0)
                WakeOne();
        }
        foreach (var request in waiting)
            request.Cancel(new CancellationToken(canceled: true));
    }

    private void Enqueue(PendingRequest request)
    {
        lock (_gate)
        {
            if (_refusing)
                throw new OperationCanceledException("The Denoiser is shutting down.");
            // Of each urgency so many may wait: bulk that fills its queue shuts nobody out who is interactive. An empty queue takes any request, so that
            // none is refused for ever.
            var waiting = _queues.WaitingLike(request.Turn);
            if (waiting > 0 && waiting + request.Waiting > _queueLimit)
            {
                _metrics.Refused(request.Waiting);
                throw new QueueFullException(
                    $"{waiting} rows are waiting and {_queueLimit} may: {request.Waiting} more cannot.", TimeFor(_queues.WaitingBefore(request.Turn)));
            }
            _queues.Add(request);
            if (_carryingOn != this)
                WakeOne();
        }
    }

    private TimeSpan TimeFor(int rows)
    {
        var estimate = TimeSpan.FromSeconds(rows * _secondsPerRow);
        return estimate < ShortestRetry ? ShortestRetry : estimate > LongestRetry ? LongestRetry : estimate;
    }

    /// <summary>Takes a request's remaining queries out of the queue and ends it.</summary>
    private void Drop(PendingRequest request, Action<PendingRequest> end)
    {
        lock (_gate)
        {
            _queues.Remove(request);
            NoteWhenDrained();
        }
        end(request);
    }

    private void NoteWhenDrained()
    {
        if (_refusing && _queues.Waiting == 0 && _busy == 0)
            _drained.TrySetResult();
    }

    /// <summary>A worker, on a thread of its own.</summary>
    private void Work()
    {
        _engine.PrepareThread();
        using var bell = new SemaphoreSlim(0);
        while (Begin(bell) is { } pass)
        {
            using (pass.Lease)
                Evaluate(pass);
            lock (_gate)
            {
                _busy--;
                _queues.End(pass);
                NoteWhenDrained();
            }
        }
    }

    /// <summary>Waits for work; null when there will be none.</summary>
    private ForwardPass? Begin(SemaphoreSlim bell)
    {
        while (true)
        {
            lock (_gate)
            {
                if (_queues.Begin() is { } pass)
                {
                    _busy++;
                    // One wakes the next, for as long as there is something to do.
                    if (_queues.Waiting > 0)
                        WakeOne();
                    return pass;
                }
                if (_stopped)
                    return null;
                _sleeping.Push(bell);
            }
            bell.Wait();
        }
    }

    /// <summary>The one that fell asleep last: what it works on may still be in its processor's caches.</summary>
    private void WakeOne()
    {
        if (_sleeping.TryPop(out var bell))
            bell.Release();
    }

    private void Evaluate(ForwardPass pass)
    {
        var began = _time.GetTimestamp();
        foreach (var (request, _) in pass.Queries)
            _metrics.Waited(_time.GetElapsedTime(request.Since, began), request.Turn.IsBulk);
        try
        {
            var epsilon = EpsilonPrediction.Predict(
                pass.Lease.Network, [.. pass.Queries.Select(taken => taken.Request.Queries[taken.Query])], pass.Threads > 1);
            var elapsed = _time.GetElapsedTime(began);
            _metrics.Evaluated(pass.Queries.Count, elapsed, pass.Threads);
            List<PendingRequest> answered = [];
            bool isAlone;
            lock (_gate)
            {
                Learn(elapsed / pass.Queries.Count * pass.Threads / _engine.Workers);
                foreach (var (index, (request, query)) in pass.Queries.Index())
                {
                    if (request.Answer(query, epsilon[index]))
                        answered.Add(request);
                }
                isAlone = pass.Queries.Count == 1 && _queues.Waiting == 0;
            }
            foreach (var request in answered)
                Complete(request, isAlone);
        }
        catch (Exception e)
        {
            LogEvaluationFailed(_logger, pass.Queries.Count, e);
            foreach (var request in pass.Queries.Select(taken => taken.Request).Distinct())
                Drop(request, r => r.Fail(new InvalidOperationException("The evaluation failed.", e)));
        }
    }

    private void Complete(PendingRequest request, bool isAlone)
    {
        if (request.ContinuesOnWorker && !isAlone)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static request => request.Complete(), request, preferLocal: false);
            return;
        }
        _carryingOn = this;
        request.Complete();
        _carryingOn = null;
    }

    private void Learn(TimeSpan perRow) =>
        _secondsPerRow = _secondsPerRow == 0 ? perRow.TotalSeconds : 0.9 * _secondsPerRow + 0.1 * perRow.TotalSeconds;

    [LoggerMessage(1, LogLevel.Error, "An evaluation of {Rows} rows failed")]
    private static partial void LogEvaluationFailed(ILogger logger, int rows, Exception exception);
}
