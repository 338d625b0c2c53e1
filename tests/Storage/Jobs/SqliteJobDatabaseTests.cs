using Ddpm.Storage.Files;
using Ddpm.Storage.Jobs;
using Microsoft.Extensions.Options;

namespace Ddpm.Storage.Tests.Jobs;

public sealed class SqliteJobDatabaseTests : IDisposable
{
    private static readonly JobFilter All = new([], "", "");

    private readonly TemporaryFolder _root = new();
    private static long _milliseconds;

    private SqliteJobDatabase _database;

    public SqliteJobDatabaseTests() => _database = Open();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _database.Dispose();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        _root.Dispose();
    }

    [Fact]
    public async Task AddAsync_SameRequestIdFromManyCallers_MakesOneJob()
    {
        var added = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            var job = NewJob(requestId: "mine");
            return _database.AddAsync(job, Event(job, 1), Cancellation);
        })));

        added.Count(a => a.IsNew).ShouldBe(1);
        added.Select(a => a.Job.Id).Distinct().ShouldHaveSingleItem();
        (await _database.CountAsync(All, Cancellation)).ShouldBe(1);
    }

    [Fact]
    public async Task Reopen_AfterAdd_HasTheJobAndItsEvents()
    {
        var job = await AddAsync(NewJob());
        job.Status = JobStatus.Running;
        job.LastEvent = 2;
        (await _database.UpdateAsync(job, Event(job, 2), Cancellation)).ShouldBeTrue();

        _database.Dispose();
        _database = Open();

        var found = (await _database.FindAsync(job.Id, Cancellation)).ShouldNotBeNull();
        (found.Status, found.LastEvent).ShouldBe((JobStatus.Running, 2));
        (await _database.EventsAsync(job.Id, 1, 10, Cancellation)).Select(e => e.Number).ShouldBe([1, 2]);
        (await _database.UnfinishedAsync(Cancellation)).ShouldBe([job.Id]);
    }

    [Fact]
    public void Open_WhileAnotherHoldsIt_IsRefusedInWords() =>
        Should.Throw<StorageInUseException>(Open).Message.ShouldContain(_root.Path);

    [Fact]
    public async Task PageAsync_WalkedByPages_ShowsEachMatchOnceNewestFirst()
    {
        var ids = new List<string>();
        for (var i = 0; i < 25; i++)
            ids.Add((await AddAsync(NewJob(model: i % 5 == 0 ? "rare" : "common"))).Id);

        var filter = new JobFilter([], "common", "");
        var seen = new List<string>();
        string? before = null;
        while (await _database.PageAsync(filter, before, 7, Cancellation) is { Count: > 0 } page)
        {
            seen.AddRange(page.Select(j => j.Id));
            before = page[^1].Id;
        }

        seen.ShouldBe(ids.Where((_, i) => i % 5 != 0).Reverse());
        (await _database.CountAsync(filter, Cancellation)).ShouldBe(20);
    }

    [Fact]
    public async Task DeleteAsync_Job_TakesItsEventsAlong()
    {
        var job = await AddAsync(NewJob());
        await _database.DeleteAsync(job.Id, Cancellation);

        (await _database.FindAsync(job.Id, Cancellation)).ShouldBeNull();
        (await _database.EventsAsync(job.Id, 1, 10, Cancellation)).ShouldBeEmpty();
        (await _database.UpdateAsync(job, Event(job, 2), Cancellation)).ShouldBeFalse();
    }

    [Fact]
    public async Task UpdateAsync_AfterACancelRequest_KeepsTheRequest()
    {
        var job = await AddAsync(NewJob());
        await _database.RequestCancelAsync(job.Id, Cancellation);
        await _database.UpdateAsync(job, Event(job, 2), Cancellation);
        (await _database.FindAsync(job.Id, Cancellation))!.CancelRequested.ShouldBeTrue();
    }

    private SqliteJobDatabase Open() => new(Options.Create(_root.Options));

    private async Task<JobRecord> AddAsync(JobRecord job) => (await _database.AddAsync(job, Event(job, 1), Cancellation)).Job;

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
