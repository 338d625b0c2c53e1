using Ddpm.Storage.Tests.Servers;
using Ddpm.V1;
using static Ddpm.Orchestrator.Tests.Running.OrchestratorUnderTest;

namespace Ddpm.Orchestrator.Tests.Running;

/// <summary>
/// Two Orchestrators that share database and blobs and do not know of each other, which is what a cluster is for a moment when a replica that was given up
/// comes back.
/// </summary>
public sealed class SplitBrainTests(PostgresServer server) : IClassFixture<PostgresServer>, IDisposable
{
    private const int Steps = 300;
    private const int HeldAt = 200;

    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task Job_FinishedByAnother_IsNotTouchedByTheOneThatComesBack()
    {
        var database = $"--Storage:Database={await server.NewDatabaseAsync(TestContext.Current.CancellationToken)}";
        await using var first = await OrchestratorUnderTest.StartAsync(_root.Path, database);
        first.Denoiser.BeforeRow = (_, number) =>
        {
            if (number == HeldAt)
                first.Denoiser.Hold();
        };
        var job = await first.SubmitAsync(Spec(Steps, count: 1));
        await ProgressAsync(first, job.Id);

        await using var second = await OrchestratorUnderTest.StartAsync(_root.Path, database);
        var events = await second.EventsAsync(job.Id);
        events[^1].Job.State.ShouldBe(JobState.Succeeded, events[^1].Job.Error);
        var (image, frames) = (await second.ImageAsync(job.Id, 0), await second.FramesAsync(job.Id));
        frames[^1].Step.ShouldBe(Steps);

        // It goes on with what it was about, at a step that is long past, as if nothing had happened.
        var answered = first.Denoiser.Answered;
        first.Denoiser.Release();
        var seen = await first.EventsAsync(job.Id);

        first.Denoiser.Answered.ShouldBeGreaterThan(answered, "it did come back to work");
        seen.ShouldBe(events.Select(WithoutPreviews), "whoever watched it sees what the other one wrote");
        foreach (var cluster in new[] { first, second })
        {
            (await cluster.ImageAsync(job.Id, 0)).ShouldBe(image);
            (await cluster.FramesAsync(job.Id)).ShouldBe(frames);
        }
    }

    /// <summary>Waits until the job has made steps and holds.</summary>
    private static async Task ProgressAsync(OrchestratorUnderTest cluster, string jobId)
    {
        await foreach (var happened in cluster.Client.WatchJobAsync(jobId, cancellationToken: TestContext.Current.CancellationToken))
        {
            if (happened.Job.StepsDone >= HeldAt - 1)
                return;
        }
    }

    private static JobEvent WithoutPreviews(JobEvent happened)
    {
        var kept = happened.Clone();
        kept.Progress?.Previews.Clear();
        return kept;
    }
}
