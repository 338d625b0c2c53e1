using Ddpm.Storage.Jobs;

namespace Ddpm.Storage.Tests.Jobs;

/// <summary>What every database of jobs does.</summary>
public abstract class JobDatabaseContract : DatabaseContract<JobDatabase>
{
    private static readonly JobFilter All = new([], "", "");
    private static long _milliseconds;

    [Fact]
    public async Task AddAsync_SameRequestIdFromManyCallers_MakesOneJob()
    {
        var added = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            var job = NewJob(requestId: "mine");
            return Database.AddAsync(job, Event(job, 1), Cancellation);
        })));

        added.Count(a => a.IsNew).ShouldBe(1);
        added.Select(a => a.Job.Id).Distinct().ShouldHaveSingleItem();
        (await Database.CountAsync(All, Cancellation)).ShouldBe(1);
    }

    [Fact]
    public async Task Reopen_AfterAdd_HasTheJobAndItsEvents()
    {
        var job = await AddAsync(NewJob());
        job.Status = JobStatus.Running;
        job.LastEvent = 2;
        (await Database.UpdateAsync(job, Event(job, 2), Cancellation)).ShouldBeTrue();

        Database.Dispose();
        Database = await OpenAsync();

        var found = (await Database.FindAsync(job.Id, Cancellation)).ShouldNotBeNull();
        (found.Status, found.LastEvent).ShouldBe((JobStatus.Running, 2));
        (await Database.EventsAsync(job.Id, 1, 10, Cancellation)).Select(e => e.Number).ShouldBe([1, 2]);
        (await Database.UnfinishedAsync(Cancellation)).ShouldBe([job.Id]);
    }

    [Fact]
    public async Task PageAsync_WalkedByPages_ShowsEachMatchOnceNewestFirst()
    {
        var ids = new List<string>();
        for (var i = 0; i < 25; i++)
            ids.Add((await AddAsync(NewJob(model: i % 5 == 0 ? "rare" : "common"))).Id);

        var filter = new JobFilter([], "common", "");
        var seen = new List<string>();
        string? before = null;
        while (await Database.PageAsync(filter, before, 7, Cancellation) is { Count: > 0 } page)
        {
            seen.AddRange(page.Select(j => j.Id));
            before = page[^1].Id;
        }

        seen.ShouldBe(ids.Where((_, i) => i % 5 != 0).Reverse());
        (await Database.CountAsync(filter, Cancellation)).ShouldBe(20);
    }

    [Fact]
    public async Task DeleteAsync_Job_TakesItsEventsAlong()
    {
        var job = await AddAsync(NewJob());
        await Database.DeleteAsync(job.Id, Cancellation);

        (await Database.FindAsync(job.Id, Cancellation)).ShouldBeNull();
        (await Database.EventsAsync(job.Id, 1, 10, Cancellation)).ShouldBeEmpty();
        (await Database.UpdateAsync(job, Event(job, 2), Cancellation)).ShouldBeFalse();
    }

    [Fact]
    public async Task UpdateAsync_AfterACancelRequest_KeepsTheRequest()
    {
        var job = await AddAsync(NewJob());
        await Database.RequestCancelAsync(job.Id, Cancellation);
        await Database.UpdateAsync(job, Event(job, 2), Cancellation);
        (await Database.FindAsync(job.Id, Cancellation))!.CancelRequested.ShouldBeTrue();
    }

    [Fact]
    public async Task UpdateAsync_FromManyCallers_KeepsEveryJobAndItsEventsTogether()
    {
        var jobs = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => AddAsync(NewJob()))));

        await Task.WhenAll(jobs.Select(job => Task.Run(async () =>
        {
            for (var number = 2; number <= 20; number++)
            {
                job.LastEvent = number;
                (await Database.UpdateAsync(job, Event(job, number), Cancellation)).ShouldBeTrue();
            }
        })));

        foreach (var job in jobs)
        {
            (await Database.FindAsync(job.Id, Cancellation))!.LastEvent.ShouldBe(20);
            (await Database.EventsAsync(job.Id, 1, 100, Cancellation)).Select(e => e.Number).ShouldBe(Enumerable.Range(1, 20).Select(n => (long)n));
        }
    }

    [Fact]
    public async Task UpdateAsync_OfANumberThatAnotherHasWritten_IsRefusedAndWritesNothing()
    {
        var job = await AddAsync(NewJob());
        job.LastEvent = 2;
        await Database.UpdateAsync(job, Event(job, 2), Cancellation);
        job.Job = [9];

        await Should.ThrowAsync<JobTakenException>(
            () => Database.UpdateAsync(job, new JobEventRecord { JobId = job.Id, Number = 2, Event = [8] }, Cancellation));

        (await Database.FindAsync(job.Id, Cancellation))!.Job.ShouldBe([2]);
        (await Database.EventsAsync(job.Id, 2, 10, Cancellation)).Single().Event.ShouldBe([3]);
    }

    [Fact]
    public async Task UpdateAsync_OfWhatWasWrittenAlready_ChangesNothing()
    {
        var job = await AddAsync(NewJob());
        job.LastEvent = 2;
        await Database.UpdateAsync(job, Event(job, 2), Cancellation);

        (await Database.UpdateAsync(job, Event(job, 2), Cancellation)).ShouldBeTrue();

        (await Database.EventsAsync(job.Id, 1, 10, Cancellation)).Select(e => e.Number).ShouldBe([1, 2]);
    }

    private async Task<JobRecord> AddAsync(JobRecord job) => (await Database.AddAsync(job, Event(job, 1), Cancellation)).Job;

    private static JobRecord NewJob(string? requestId = null, string model = "toy") => new()
    {
        Id = Guid.CreateVersion7(DateTimeOffset.UnixEpoch.AddMilliseconds(Interlocked.Increment(ref _milliseconds))).ToString("D"),
        RequestId = requestId,
        Model = model,
        Sampler = "ddim",
        Status = JobStatus.Queued,
        LastEvent = 1,
        Spec = [1],
        Job = [2],
    };

    private static JobEventRecord Event(JobRecord job, long number) => new() { JobId = job.Id, Number = number, Event = [3] };
}
