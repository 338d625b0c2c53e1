using System.Runtime.CompilerServices;
using Ddpm.Storage;
using Ddpm.Storage.Runs;
using Ddpm.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Ddpm.Trainer.Runs;

/// <summary>
/// Runs and their numbered events: each change is written down, with its event, before anyone sees it, and nothing while the runs may be another process's.
/// </summary>
internal sealed class RunLedger(IRunDatabase database, RunOwnership ownership, TimeProvider time)
{
    private const int PageSize = 200;

    private readonly SemaphoreSlim _writing = new(1);
    private volatile TaskCompletionSource _changed = NewSignal();

    /// <returns>The run as it is now; null when there is none of that id.</returns>
    public async Task<Run?> FindAsync(string id, CancellationToken cancellationToken) =>
        RecordId.IsValid(id) && await database.FindAsync(id, cancellationToken) is { } record ? Run.Parser.ParseFrom(record.Run) : null;

    /// <summary>Writes a new run down, unless its request id is known.</summary>
    /// <returns>The run, or the one that the request id started before; and whether it is new.</returns>
    public async Task<(Run Run, bool IsNew)> AddAsync(Run run, string requestId, CancellationToken cancellationToken)
    {
        ownership.ThrowIfLost();
        run.CreatedAt = Timestamp.FromDateTimeOffset(time.GetUtcNow());
        run.LastEvent = 1;
        var record = new RunRecord
        {
            Id = run.Id,
            RequestId = requestId.Length == 0 ? null : requestId,
            Status = RunStates.ToStatus(run.State),
            LastEvent = run.LastEvent,
            Run = run.ToByteArray(),
        };
        var (known, isNew) = await database.AddAsync(record, ToRecord(new RunEvent { Number = 1, Time = run.CreatedAt, Run = run }), cancellationToken);
        return (Run.Parser.ParseFrom(known.Run), isNew);
    }

    /// <summary>Changes a run and writes the event of it down.</summary>
    /// <param name="id">An existing run.</param>
    /// <param name="change">Changes the run; false: nothing is to be changed.</param>
    /// <param name="details">Adds to the event.</param>
    /// <returns>The run as it is then.</returns>
    /// <exception cref="RunNotFoundException">It has been deleted.</exception>
    public async Task<Run> ChangeAsync(string id, Func<Run, bool> change, Action<RunEvent>? details = null)
    {
        await _writing.WaitAsync();
        try
        {
            ownership.ThrowIfLost();
            var record = await database.FindAsync(id) ?? throw new RunNotFoundException(id);
            var run = Run.Parser.ParseFrom(record.Run);
            if (!change(run))
                return run;
            run.LastEvent++;
            var happened = new RunEvent { Number = run.LastEvent, Time = Timestamp.FromDateTimeOffset(time.GetUtcNow()), Run = run };
            details?.Invoke(happened);
            record.Status = RunStates.ToStatus(run.State);
            record.LastEvent = run.LastEvent;
            record.Run = run.ToByteArray();
            await database.UpdateAsync(record, ToRecord(happened));
            Interlocked.Exchange(ref _changed, NewSignal()).SetResult();
            return run;
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Removes a run that has ended, and its events; those who watch it see no more.</summary>
    /// <returns>Whether it had ended.</returns>
    public async Task<bool> DeleteAsync(string id, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            ownership.ThrowIfLost();
            if (await FindAsync(id, cancellationToken) is { } run && !run.State.IsEnd())
                return false;
            await database.DeleteAsync(id, cancellationToken);
            Interlocked.Exchange(ref _changed, NewSignal()).SetResult();
            return true;
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Runs before an id (null: from the newest on), newest first.</summary>
    public async Task<IReadOnlyList<Run>> PageAsync(string? before, int limit, CancellationToken cancellationToken) =>
        [.. (await database.PageAsync(before, limit, cancellationToken)).Select(record => Run.Parser.ParseFrom(record.Run))];

    /// <summary>The runs that have not ended, oldest first.</summary>
    public async Task<IReadOnlyList<Run>> UnfinishedAsync(CancellationToken cancellationToken) =>
        [.. (await database.UnfinishedAsync(cancellationToken)).Select(record => Run.Parser.ParseFrom(record.Run))];

    /// <summary>Events of a run from a number on, those to come included, until its last one.</summary>
    public async IAsyncEnumerable<RunEvent> WatchAsync(string id, long from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var next = Math.Max(1, from);
        while (true)
        {
            // Taken before the database is read, so that no change in between goes unnoticed.
            var changed = _changed.Task;
            var events = await database.EventsAsync(id, next, PageSize, cancellationToken);
            foreach (var record in events)
            {
                next = record.Number + 1;
                yield return RunEvent.Parser.ParseFrom(record.Event);
            }
            if (events.Count > 0)
                continue;
            if (await FindAsync(id, cancellationToken) is not { } run || (run.State.IsEnd() && next > run.LastEvent))
                yield break;
            await changed.WaitAsync(cancellationToken);
        }
    }

    private static RunEventRecord ToRecord(RunEvent happened) =>
        new() { RunId = happened.Run.Id, Number = happened.Number, Event = happened.ToByteArray() };

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>There is no such run, or there is none any more.</summary>
internal sealed class RunNotFoundException(string id) : Exception($"There is no run '{id}'.");
