using Ddpm.Storage.Jobs;
using Ddpm.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Ddpm.Orchestrator.Jobs;

/// <summary>
/// The numbered events of one job: written down before anyone sees them. The newest stay in memory with their previews, so that a
/// watcher who keeps up sees pictures; one who comes later, or lags, reads the rest from the database, without pictures.
/// </summary>
internal sealed class JobLog
{
    private const int Remembered = 16;
    private const int PageSize = 200;

    private readonly IJobDatabase _database;
    private readonly TimeProvider _time;
    private readonly JobRecord _record;
    private readonly SemaphoreSlim _writing = new(1);
    private readonly Lock _gate = new();
    private readonly LinkedList<JobEvent> _recent = [];
    private TaskCompletionSource _changed = NewSignal();
    private Job _job;
    private string? _stretch;
    private bool _left;

    public JobLog(IJobDatabase database, TimeProvider time, JobRecord record)
    {
        _database = database;
        _time = time;
        _record = record;
        _job = Job.Parser.ParseFrom(record.Job);
        _stretch = record.Stretch;
    }

    /// <summary>The job as of its newest event. Not to be changed.</summary>
    public Job Job
    {
        get
        {
            lock (_gate)
                return _job;
        }
    }

    public bool HasEnded => Job.State.IsEnd();

    /// <summary>The stretch of the job's life whose records count.</summary>
    public string? Stretch => _stretch;

    /// <summary>Writes down what happened, then shows it to the watchers.</summary>
    /// <param name="change">Changes the job, a copy of its own.</param>
    /// <param name="kind">Sets the event's kind.</param>
    /// <param name="cancellationToken">Cancels before it is written, never in between.</param>
    /// <param name="stretch">The stretch of the job's life whose records count from here on; null: as before.</param>
    /// <exception cref="JobGoneException">The job was deleted.</exception>
    /// <exception cref="JobTakenException">Another process has written of the job: it is no longer this one's.</exception>
    public async Task AppendAsync(Action<Job> change, Action<JobEvent> kind, CancellationToken cancellationToken, string? stretch = null)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            var job = Job.Clone();
            change(job);
            job.LastEvent++;
            var live = new JobEvent { Number = job.LastEvent, Time = Timestamp.FromDateTimeOffset(_time.GetUtcNow()), Job = job };
            kind(live);

            _record.Status = JobStates.ToStatus(job.State);
            _record.Stretch = stretch ?? _stretch;
            _record.LastEvent = job.LastEvent;
            _record.Job = job.ToByteArray();
            if (!await _database.UpdateAsync(_record, ToRecord(live), CancellationToken.None))
                throw new JobGoneException(job.Id);
            _stretch = _record.Stretch;
            Publish(live);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>The job goes on elsewhere, or later: those who watch it here have to watch it there.</summary>
    public void Leave() => Signal(() => _left = true);

    /// <summary>Events from a number on, those to come included, until the job's last one, or the last that is known here when this process leaves the job.</summary>
    public async IAsyncEnumerable<JobEvent> WatchAsync(
        long from, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var next = Math.Max(1, from);
        while (true)
        {
            Task changed;
            List<JobEvent> ready;
            long last;
            bool ended;
            lock (_gate)
            {
                changed = _changed.Task;
                last = _job.LastEvent;
                ended = _job.State.IsEnd() || _left;
                var remembersNext = _recent.First is { } oldest && oldest.Value.Number <= next;
                ready = remembersNext ? [.. _recent.Where(e => e.Number >= next)] : [];
            }
            if (ready.Count == 0 && next <= last)
            {
                ready = await ReplayAsync(next, cancellationToken);
                // The job was deleted meanwhile.
                if (ready.Count == 0)
                    yield break;
            }
            foreach (var happened in ready)
            {
                yield return happened;
                next = happened.Number + 1;
            }
            if (next <= last)
                continue;
            if (ended)
                yield break;
            await changed.WaitAsync(cancellationToken);
        }
    }

    /// <summary>The event as it is kept: without previews.</summary>
    public static JobEventRecord ToRecord(JobEvent live)
    {
        var kept = live;
        if (live.Progress is { Previews.Count: > 0 })
        {
            kept = live.Clone();
            kept.Progress.Previews.Clear();
        }
        return new JobEventRecord { JobId = live.Job.Id, Number = live.Number, Event = kept.ToByteArray() };
    }

    private void Publish(JobEvent live) => Signal(() =>
    {
        _job = live.Job;
        _recent.AddLast(live);
        if (_recent.Count > Remembered)
            _recent.RemoveFirst();
    });

    /// <summary>Changes what the watchers see, and wakes them.</summary>
    private void Signal(Action change)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            change();
            (changed, _changed) = (_changed, NewSignal());
        }
        changed.SetResult();
    }

    private async Task<List<JobEvent>> ReplayAsync(long from, CancellationToken cancellationToken) =>
        [.. (await _database.EventsAsync(_record.Id, from, PageSize, cancellationToken)).Select(e => JobEvent.Parser.ParseFrom(e.Event))];

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
