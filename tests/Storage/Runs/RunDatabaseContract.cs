using Ddpm.Storage.Runs;
using Microsoft.EntityFrameworkCore;

namespace Ddpm.Storage.Tests.Runs;

/// <summary>What every database of training runs does.</summary>
public abstract class RunDatabaseContract : DatabaseContract<RunDatabase>
{
    private static long _milliseconds;

    [Fact]
    public async Task AddAsync_SameRequestIdFromManyCallers_MakesOneRun()
    {
        var added = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            var run = NewRun(requestId: "mine");
            return Database.AddAsync(run, Event(run, 1), Cancellation);
        })));

        added.Count(a => a.IsNew).ShouldBe(1);
        var id = added.Select(a => a.Run.Id).Distinct().ShouldHaveSingleItem();
        (await Database.PageAsync(null, 100, Cancellation)).ShouldHaveSingleItem().Id.ShouldBe(id);
        (await Database.EventsAsync(id, 1, 10, Cancellation)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task AddAsync_WithoutRequestIds_MakesARunEach()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => AddAsync(NewRun()))));
        (await Database.PageAsync(null, 100, Cancellation)).Count.ShouldBe(8);
    }

    [Fact]
    public async Task AddAsync_OfWhatWasWrittenAlready_AnswersItAsNew()
    {
        var run = await AddAsync(NewRun());
        var again = await Database.AddAsync(run, Event(run, 1), Cancellation);

        (again.Run.Id, again.IsNew).ShouldBe((run.Id, true));
        (await Database.EventsAsync(run.Id, 1, 10, Cancellation)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Reopen_AfterUpdate_HasTheRunAndItsEvents()
    {
        var run = await AddAsync(NewRun());
        (run.Status, run.LastEvent, run.Run) = (RunStatus.Running, 2, [7, 8]);
        await Database.UpdateAsync(run, Event(run, 2), Cancellation);

        Database.Dispose();
        Database = await OpenAsync();

        var found = (await Database.FindAsync(run.Id, Cancellation)).ShouldNotBeNull();
        (found.Status, found.LastEvent).ShouldBe((RunStatus.Running, 2));
        found.Run.ShouldBe([7, 8]);
        (await Database.EventsAsync(run.Id, 1, 10, Cancellation)).Select(e => e.Number).ShouldBe([1, 2]);
    }

    [Fact]
    public async Task FindAsync_UnknownId_AnswersNull() => (await Database.FindAsync(NewRun().Id, Cancellation)).ShouldBeNull();

    [Fact]
    public async Task PageAsync_WalkedByPages_ShowsEachRunOnceNewestFirst()
    {
        var ids = new List<string>();
        for (var i = 0; i < 25; i++)
            ids.Add((await AddAsync(NewRun())).Id);

        var seen = new List<string>();
        string? before = null;
        while (await Database.PageAsync(before, 7, Cancellation) is { Count: > 0 } page)
        {
            page.Count.ShouldBeLessThanOrEqualTo(7);
            seen.AddRange(page.Select(r => r.Id));
            before = page[^1].Id;
        }

        seen.ShouldBe(Enumerable.Reverse(ids));
    }

    [Fact]
    public async Task UnfinishedAsync_OfRunsInEveryState_HasQueuedAndRunningOldestFirst()
    {
        var runs = new Dictionary<RunStatus, string>();
        foreach (var status in Enum.GetValues<RunStatus>().Reverse())
            runs[status] = (await AddAsync(NewRun(status: status))).Id;

        (await Database.UnfinishedAsync(Cancellation)).Select(r => r.Id).ShouldBe([runs[RunStatus.Running], runs[RunStatus.Queued]]);
    }

    [Fact]
    public async Task EventsAsync_FromANumberOn_AnswersThoseInOrderUpToTheLimit()
    {
        var run = await AddAsync(NewRun());
        for (var number = 2; number <= 12; number++)
        {
            run.LastEvent = number;
            await Database.UpdateAsync(run, Event(run, number), Cancellation);
        }

        var events = await Database.EventsAsync(run.Id, 9, 3, Cancellation);
        events.Select(e => e.Number).ShouldBe([9, 10, 11]);
        events[0].Event.ShouldBe([9]);
        (await Database.EventsAsync(run.Id, 13, 3, Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task DeleteAsync_Run_TakesItsEventsAlongAndNoOthers()
    {
        var (run, other) = (await AddAsync(NewRun()), await AddAsync(NewRun()));

        await Database.DeleteAsync(run.Id, Cancellation);
        await Database.DeleteAsync(run.Id, Cancellation);

        (await Database.FindAsync(run.Id, Cancellation)).ShouldBeNull();
        (await Database.EventsAsync(run.Id, 1, 10, Cancellation)).ShouldBeEmpty();
        (await Database.EventsAsync(other.Id, 1, 10, Cancellation)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task UpdateAsync_OfARunThatIsGone_FailsAndWritesNothing()
    {
        var run = await AddAsync(NewRun());
        await Database.DeleteAsync(run.Id, Cancellation);

        await Should.ThrowAsync<DbUpdateException>(() => Database.UpdateAsync(run, Event(run, 2), Cancellation));

        (await Database.FindAsync(run.Id, Cancellation)).ShouldBeNull();
        (await Database.EventsAsync(run.Id, 1, 10, Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task UpdateAsync_FromManyCallers_KeepsEveryRunAndItsEventsTogether()
    {
        var runs = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => AddAsync(NewRun()))));

        await Task.WhenAll(runs.Select(run => Task.Run(async () =>
        {
            for (var number = 2; number <= 20; number++)
            {
                run.LastEvent = number;
                await Database.UpdateAsync(run, Event(run, number), Cancellation);
            }
        })));

        foreach (var run in runs)
        {
            (await Database.FindAsync(run.Id, Cancellation))!.LastEvent.ShouldBe(20);
            (await Database.EventsAsync(run.Id, 1, 100, Cancellation)).Select(e => e.Number).ShouldBe(Enumerable.Range(1, 20).Select(n => (long)n));
        }
    }

    /// <summary>An event's number is written once: whoever comes second with it changes neither the event nor the run.</summary>
    [Fact]
    public async Task UpdateAsync_OfOneNumberByManyCallers_IsWrittenByOneWithItsEvent()
    {
        var run = await AddAsync(NewRun());

        var written = await Task.WhenAll(Enumerable.Range(10, 8).Select(writer => Task.Run(async () =>
        {
            var mine = (await Database.FindAsync(run.Id, Cancellation))!;
            (mine.LastEvent, mine.Run) = (2, [(byte)writer]);
            try
            {
                await Database.UpdateAsync(mine, new RunEventRecord { RunId = run.Id, Number = 2, Event = [(byte)writer] }, Cancellation);
                return writer;
            }
            catch (DbUpdateException)
            {
                return 0;
            }
        })));

        var winner = (byte)written.Where(writer => writer != 0).ShouldHaveSingleItem();
        (await Database.FindAsync(run.Id, Cancellation))!.Run.ShouldBe([winner]);
        (await Database.EventsAsync(run.Id, 2, 10, Cancellation)).ShouldHaveSingleItem().Event.ShouldBe([winner]);
    }

    [Fact]
    public async Task EventsAsync_WhileTheyAreWritten_HasNoGap()
    {
        var run = await AddAsync(NewRun());
        var writing = Task.Run(async () =>
        {
            for (var number = 2; number <= 100; number++)
            {
                run.LastEvent = number;
                await Database.UpdateAsync(run, Event(run, number), Cancellation);
            }
        }, Cancellation);
        bool last;
        do
        {
            last = writing.IsCompleted;
            var known = (await Database.FindAsync(run.Id, Cancellation))!.LastEvent;
            var events = await Database.EventsAsync(run.Id, 1, int.MaxValue, Cancellation);
            events.Select(e => e.Number).ShouldBe(Enumerable.Range(1, events.Count).Select(n => (long)n));
            events.Count.ShouldBeGreaterThanOrEqualTo((int)known, "a run is not ahead of its events");
        }
        while (!last);
        await writing;
    }

    private async Task<RunRecord> AddAsync(RunRecord run) => (await Database.AddAsync(run, Event(run, 1), Cancellation)).Run;

    private static RunRecord NewRun(string? requestId = null, RunStatus status = RunStatus.Queued) => new()
    {
        Id = Guid.CreateVersion7(DateTimeOffset.UnixEpoch.AddMilliseconds(Interlocked.Increment(ref _milliseconds))).ToString("D"),
        RequestId = requestId,
        Status = status,
        LastEvent = 1,
        Run = [2],
    };

    private static RunEventRecord Event(RunRecord run, long number) => new() { RunId = run.Id, Number = number, Event = [(byte)number] };
}
