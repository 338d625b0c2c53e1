using Ddpm.Containers.Tests.Support;
using Ddpm.EndToEnd.Tests.Support;
using Ddpm.Protocol;
using Ddpm.V1;

namespace Ddpm.Containers.Tests;

/// <summary>docker-compose.yml, as it is.</summary>
public sealed class ComposeTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task File_ByTheRulesOfCompose_IsValid()
    {
        ComposeStack.SkipUnlessThere();

        (await ComposeStack.ObjectionsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public void Ports_OfTheFile_ArePublishedOnLoopbackAlone()
    {
        var published = File.ReadLines(Repository.Resolve("docker-compose.yml")).Where(line => line.TrimStart().StartsWith("ports:", StringComparison.Ordinal)).ToList();

        published.ShouldNotBeEmpty();
        published.ShouldAllBe(line => line.TrimStart().StartsWith("ports: [\"127.0.0.1:"));
    }

    [Fact]
    public async Task Up_BothOrchestratorsAndADenoiser_MakeAnImageThatTheGalleryServesAndEndInOrder()
    {
        string[] ours = ["gallery", "orchestrator-1", "orchestrator-2", "denoiser-1", "trainer"];
        await using var stack = await ComposeStack.UpOrSkipAsync(ours);
        using var first = DdpmClient.Connect(new Uri($"http://127.0.0.1:{stack.Orchestrator}"));
        using var second = DdpmClient.Connect(new Uri($"http://127.0.0.1:{stack.OtherOrchestrator}"));
        using var browser = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{stack.Gallery}") };
        var spec = new JobSpec { Model = "fashion-mnist", Sampler = "ddim", Steps = 5, Count = 1, Seed = 7 };

        var job = (await first.Orchestrator.SubmitJobAsync(new SubmitJobRequest { Spec = spec }, cancellationToken: Cancellation)).Job;
        // Any replica knows of it. It retries until this one listens, which nobody waited for.
        await foreach (var happened in second.WatchJobAsync(job.Id, cancellationToken: Cancellation))
            job = happened.Job;

        job.State.ShouldBe(JobState.Succeeded, job.Error);
        var image = await second.Orchestrator.GetImageAsync(new GetImageRequest { JobId = job.Id }, cancellationToken: Cancellation);
        (await WhenListeningAsync(() => browser.GetByteArrayAsync($"/media/jobs/{job.Id}/images/0.png", Cancellation))).ShouldBe(image.Png.ToByteArray());
        (await stack.StopAsync(ours)).ShouldAllBe(service => service.Value == 0);
    }

    private static async Task<T> WhenListeningAsync<T>(Func<Task<T>> ask)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (true)
        {
            try
            {
                return await ask();
            }
            catch (HttpRequestException e) when (e.StatusCode is null)
            {
                // Refused, or cut off by the engine's proxy, which listens before the container does.
                await timer.WaitForNextTickAsync(Cancellation);
            }
        }
    }
}
