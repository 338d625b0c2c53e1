using Ddpm.Orchestrator.Jobs;
using Ddpm.Storage;
using Ddpm.Storage.Jobs;
using Ddpm.V1;
using Google.Protobuf;
using Microsoft.Extensions.Options;

namespace Ddpm.Orchestrator.Tests.Jobs;

public sealed class JobLogTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public async Task AppendAsync_NotWrittenDown_LeavesTheStretchThatCounts()
    {
        using var database = new JobDatabase(Options.Create(new StorageOptions { Root = _root.Path }));
        var job = new Job { Id = RecordId.Next(TimeProvider.System), State = JobState.Queued, LastEvent = 1 };
        var record = new JobRecord
        {
            Id = job.Id,
            Model = "toy",
            Sampler = "ddim",
            Status = JobStatus.Queued,
            Stretch = "before",
            LastEvent = 1,
            Spec = [],
            Job = job.ToByteArray(),
        };
        await database.AddAsync(record, JobLog.ToRecord(new JobEvent { Number = 1, Job = job }), TestContext.Current.CancellationToken);
        var log = new JobLog(database, TimeProvider.System, record);

        await AppendAsync("first");
        log.Stretch.ShouldBe("first");
        await database.DeleteAsync(job.Id, TestContext.Current.CancellationToken);
        await Should.ThrowAsync<JobGoneException>(() => AppendAsync("second"));
        log.Stretch.ShouldBe("first");

        Task AppendAsync(string stretch) =>
            log.AppendAsync(running => running.State = JobState.Running, happened => happened.StateChanged = new StateChanged(), TestContext.Current.CancellationToken, stretch);
    }
}
