using Ddpm.V1;
using Grpc.Core;
using SkiaSharp;
using static Ddpm.Orchestrator.Tests.Running.OrchestratorUnderTest;

namespace Ddpm.Orchestrator.Tests.Running;

public sealed class JobLifeTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData("ddpm", 25)]
    [InlineData("ddim", 10)]
    [InlineData("vp-sde", 20)]
    public async Task Job_AnySampler_MakesTheImageOfTheSamplerRunByHand(string sampler, int steps)
    {
        await using var cluster = await StartAsync(_root.Path);
        var spec = Spec(steps, count: 3);
        spec.Sampler = sampler;
        spec.Classes = new ClassSelection { Labels = { 0, 1 } };

        var job = await cluster.SubmitAsync(spec);
        (await cluster.FinishAsync(job.Id)).State.ShouldBe(JobState.Succeeded);

        for (var k = 0; k < 3; k++)
        {
            var expected = await HandRun.PixelsAsync(sampler, steps, seed: 7, trajectory: k, label: k % 2);
            HandRun.Pixels(await cluster.ImageAsync(job.Id, k)).ShouldBe(expected);
        }
    }

    [Theory]
    [InlineData("f16", 1)]
    [InlineData("bf16", 4)]
    public async Task Job_OverANarrowWire_SaysSoAndMakesNearlyTheSameImage(string payload, int tolerance)
    {
        await using var cluster = await StartAsync(_root.Path, $"--Orchestrator:Payload={payload}");
        var spec = Spec(steps: 10, count: 1);
        spec.Sampler = "ddim";
        spec.Classes = new ClassSelection { Labels = { 0 } };

        var job = await cluster.SubmitAsync(spec);
        job = await cluster.FinishAsync(job.Id);

        job.Evaluation.Payload.ShouldBe(payload);
        var expected = await HandRun.PixelsAsync("ddim", 10, seed: 7, trajectory: 0, label: 0);
        var pixels = HandRun.Pixels(await cluster.ImageAsync(job.Id, 0));
        for (var i = 0; i < expected.Length; i++)
            ((double)pixels[i]).ShouldBe(expected[i], tolerance);
    }

    [Fact]
    public async Task Watch_FromTheStart_SeesEveryNumberOnceAndTheStatesInOrder()
    {
        await using var cluster = await StartAsync(_root.Path);
        var job = await cluster.SubmitAsync(Spec(steps: 40));

        var live = await cluster.EventsAsync(job.Id);

        live.Select(e => e.Number).ShouldBe(Enumerable.Range(1, live.Count).Select(n => (long)n));
        live.Where(e => e.StateChanged is not null).Select(e => e.Job.State)
            .ShouldBe([JobState.Queued, JobState.Running, JobState.Succeeded]);
        live.Where(e => e.Progress is not null).Select(e => e.Progress.StepsDone).ShouldBeInOrder();
        var last = live[^1].Job;
        (last.StepsDone, last.Evaluations, last.Evaluation.Engine).ShouldBe((40, 80, "analytic"));

        var replayed = await cluster.EventsAsync(job.Id, from: 2);
        replayed.Select(e => e.Number).ShouldBe(live.Skip(1).Select(e => e.Number));
        replayed[^1].ShouldBe(live[^1]);
    }

    [Fact]
    public async Task Watch_WhileRunning_ShowsPreviewsThatArePngs()
    {
        await using var cluster = await StartAsync(_root.Path);
        var job = await cluster.SubmitAsync(Spec(steps: 200));
        var events = await cluster.EventsAsync(job.Id);

        var previews = events.Where(e => e.Progress is not null).SelectMany(e => e.Progress.Previews).ToList();
        previews.Select(p => p.Trajectory).Distinct().ShouldBe([0, 1], ignoreOrder: true);
        foreach (var preview in previews)
        {
            using var bitmap = SKBitmap.Decode(preview.Png.ToByteArray());
            (bitmap.Height, bitmap.Width).ShouldBe((Shape[1], Shape[2]));
        }
    }

    [Fact]
    public async Task Image_OfOneTrajectory_IsTheSameBytesWhateverTheCount()
    {
        await using var cluster = await StartAsync(_root.Path);
        var few = await cluster.SubmitAsync(Spec(count: 4));
        var many = await cluster.SubmitAsync(Spec(count: 16));
        await cluster.FinishAsync(few.Id);
        await cluster.FinishAsync(many.Id);

        for (var k = 0; k < 4; k++)
            (await cluster.ImageAsync(few.Id, k)).ShouldBe(await cluster.ImageAsync(many.Id, k));
        (await cluster.ImageAsync(many.Id, 4)).ShouldNotBe(await cluster.ImageAsync(many.Id, 5));
    }

    [Fact]
    public async Task Restart_AfterAPowerCut_EndsInTheSameBytesAndGoesOnNumbering()
    {
        var (cut, jobId, undisturbed) = await CutPowerInMidJobAsync();
        using var _ = cut;

        await using var revived = await StartAsync(cut.Path);
        var events = await revived.EventsAsync(jobId);

        events.Select(e => e.Number).ShouldBe(Enumerable.Range(1, events.Count).Select(n => (long)n));
        events.ShouldContain(e => e.StateChanged != null && e.StateChanged.HasResumedFromStep && e.StateChanged.ResumedFromStep > 0);
        events[^1].Job.State.ShouldBe(JobState.Succeeded);
        for (var k = 0; k < 2; k++)
            (await revived.ImageAsync(jobId, k)).ShouldBe(undisturbed[k]);
    }

    [Fact]
    public async Task Stop_InMidJob_SuspendsItAndTheNextStartFinishesIt()
    {
        string jobId;
        await using (var first = await StartAsync(_root.Path))
        {
            jobId = (await first.SubmitAsync(Spec(steps: 400))).Id;
            first.Denoiser.BeforeRow = (_, number) =>
            {
                if (number == 200)
                    first.Denoiser.Hold();
            };
            await UntilAsync(() => first.Denoiser.Answered >= 200);
        }

        await using var second = await StartAsync(_root.Path);
        (await second.FinishAsync(jobId)).State.ShouldBe(JobState.Succeeded);
        second.Denoiser.Answered.ShouldBeLessThan(800);
    }

    [Fact]
    public async Task Checkpoint_WhileProgressIsRare_DoesNotWaitForIt()
    {
        await using var cluster = await StartAsync(_root.Path, "--Orchestrator:ProgressInterval=00:01:00");
        cluster.Denoiser.BeforeRow = (_, number) =>
        {
            if (number == 150)
                cluster.Denoiser.Hold();
        };
        var job = await cluster.SubmitAsync(Spec(steps: 400));
        await UntilAsync(() => cluster.Denoiser.Answered >= 150);

        // Its start alone is there before it begins.
        while ((await cluster.FramesAsync(job.Id)).Count < 2)
            await Task.Delay(TimeSpan.FromMilliseconds(5), Cancellation);

        cluster.Denoiser.Release();
        (await cluster.EventsAsync(job.Id)).Count(e => e.Progress is not null).ShouldBe(1, "the one at the end");
    }

    [Fact]
    public async Task Cancel_WhileRunning_TakesEffectAtTheNextStepAndLasts()
    {
        await using var cluster = await StartAsync(_root.Path);
        cluster.Denoiser.BeforeRow = (_, number) =>
        {
            if (number == 150)
                cluster.Denoiser.Hold();
        };
        var job = await cluster.SubmitAsync(Spec(steps: 1000));
        await UntilAsync(() => cluster.Denoiser.Answered >= 150);

        var cancelled = await cluster.CancelAsync(job.Id);

        cancelled.State.ShouldBe(JobState.Cancelled);
        cluster.Denoiser.Answered.ShouldBeLessThan(160);
        // What waits at the Denoiser is told to be dropped.
        await UntilAsync(() => cluster.Denoiser.Cancelled == 2);
        (await cluster.EventsAsync(job.Id))[^1].Job.State.ShouldBe(JobState.Cancelled);
        var again = await cluster.CancelAsync(job.Id);
        again.LastEvent.ShouldBe(cancelled.LastEvent);
        // Its frames stay for inspection; it has no image.
        (await cluster.FramesAsync(job.Id)).Count.ShouldBeGreaterThan(1);
        (await Should.ThrowAsync<RpcException>(() => cluster.ImageAsync(job.Id, 0))).StatusCode.ShouldBe(StatusCode.NotFound);
    }

    [Fact]
    public async Task Watcher_ThatGoesAway_StopsNothing()
    {
        await using var cluster = await StartAsync(_root.Path);
        cluster.Denoiser.Hold();
        var job = await cluster.SubmitAsync(Spec());
        using (var leaving = CancellationTokenSource.CreateLinkedTokenSource(Cancellation))
        {
            await Should.ThrowAsync<OperationCanceledException>(async () =>
            {
                await foreach (var _ in cluster.Client.WatchJobAsync(job.Id, 1, leaving.Token))
                    await leaving.CancelAsync();
            });
        }
        cluster.Denoiser.Release();
        (await cluster.FinishAsync(job.Id)).State.ShouldBe(JobState.Succeeded);
    }

    /// <summary>Runs a job to its end and the same again to about half-way; answers the folder as it lay then.</summary>
    private async Task<(TemporaryFolder Cut, string JobId, byte[][] Undisturbed)> CutPowerInMidJobAsync()
    {
        await using var cluster = await StartAsync(_root.Path);
        var whole = await cluster.SubmitAsync(Spec(steps: 300));
        await cluster.FinishAsync(whole.Id);
        byte[][] undisturbed = [await cluster.ImageAsync(whole.Id, 0), await cluster.ImageAsync(whole.Id, 1)];

        var half = cluster.Denoiser.Answered + 300;
        cluster.Denoiser.BeforeRow = (_, number) =>
        {
            if (number == half)
                cluster.Denoiser.Hold();
        };
        var job = await cluster.SubmitAsync(Spec(steps: 300));
        var records = Path.Combine(_root.Path, "blobs", "jobs", job.Id);
        await UntilAsync(() => Directory.Exists(records) && Directory.EnumerateFiles(records, "0*", SearchOption.AllDirectories).Count() == 2);
        return (_root.Copy(), job.Id, undisturbed);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
            await Task.Delay(TimeSpan.FromMilliseconds(5), Cancellation);
    }
}
