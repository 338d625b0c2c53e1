using Ddpm.EndToEnd.Tests.Support;
using Ddpm.V1;

namespace Ddpm.EndToEnd.Tests;

/// <summary>A job outlives its process.</summary>
public sealed class CrashTests
{
    private const int KilledAfterSteps = 200;

    [Theory]
    [InlineData("ddpm", 1000)]
    [InlineData("vp-sde", 500)]
    public async Task Job_WhoseProcessIsKilled_EndsInTheBytesOfAnUndisturbedOne(string sampler, int steps)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var folder = new TemporaryFolder();
        await TinyModel.PublishAsync(folder.Path);
        var spec = new JobSpec { Model = TinyModel.Name, Sampler = sampler, Steps = steps, Seed = 11, Count = 3, Classes = new ClassSelection() };
        string jobId;
        await using (var first = await StandaloneProcess.StartAsync(folder.Path, "Orchestrator:CheckpointInterval=00:00:00.2"))
        {
            jobId = (await first.Client.Orchestrator.SubmitJobAsync(new SubmitJobRequest { Spec = spec }, cancellationToken: cancellationToken)).Job.Id;
            await foreach (var jobEvent in first.Client.WatchJobAsync(jobId, cancellationToken: cancellationToken))
            {
                jobEvent.Job.State.ShouldBeOneOf(JobState.Queued, JobState.Running);
                if (jobEvent.Job.StepsDone >= KilledAfterSteps)
                    break;
            }
            await first.Process.KillAsync();
        }

        await using var second = await StandaloneProcess.StartAsync(folder.Path);
        var (ended, events) = await WatchAsync(second, jobId);
        ended.State.ShouldBe(JobState.Succeeded, ended.Error);
        events.ShouldContain(e => e.StateChanged != null && e.StateChanged.HasResumedFromStep && e.StateChanged.ResumedFromStep > 0);
        events.Select(e => e.Number).ShouldBe(Enumerable.Range(1, events.Count).Select(n => (long)n), "numbers grow by one, restarts included");

        var again = await second.Client.Orchestrator.SubmitJobAsync(new SubmitJobRequest { Spec = spec }, cancellationToken: cancellationToken);
        (await WatchAsync(second, again.Job.Id)).Job.State.ShouldBe(JobState.Succeeded);
        for (var trajectory = 0; trajectory < spec.Count; trajectory++)
            (await ImageAsync(second, jobId, trajectory)).ShouldBe(await ImageAsync(second, again.Job.Id, trajectory));
    }

    [Fact]
    public async Task Job_ThatHasFinished_IsThereAfterARestart()
    {
        using var folder = new TemporaryFolder();
        await TinyModel.PublishAsync(folder.Path);
        byte[] image;
        string jobId;
        await using (var first = await StandaloneProcess.StartAsync(folder.Path))
        {
            var submitted = await first.Client.Orchestrator.SubmitJobAsync(
                new SubmitJobRequest { Spec = new JobSpec { Model = TinyModel.Name, Sampler = "ddim", Steps = 5, Count = 1 } },
                cancellationToken: TestContext.Current.CancellationToken);
            jobId = submitted.Job.Id;
            await WatchAsync(first, jobId);
            image = await ImageAsync(first, jobId, 0);
            await first.Process.KillAsync();
        }

        await using var second = await StandaloneProcess.StartAsync(folder.Path);

        (await ImageAsync(second, jobId, 0)).ShouldBe(image);
    }

    private static async Task<(Job Job, List<JobEvent> Events)> WatchAsync(StandaloneProcess standalone, string jobId)
    {
        var events = new List<JobEvent>();
        await foreach (var jobEvent in standalone.Client.WatchJobAsync(jobId, cancellationToken: TestContext.Current.CancellationToken))
            events.Add(jobEvent);
        return (events[^1].Job, events);
    }

    private static async Task<byte[]> ImageAsync(StandaloneProcess standalone, string jobId, int trajectory)
    {
        var answer = await standalone.Client.Orchestrator.GetImageAsync(
            new GetImageRequest { JobId = jobId, Trajectory = trajectory }, cancellationToken: TestContext.Current.CancellationToken);
        return answer.Png.ToByteArray();
    }
}
