using Ddpm.Containers.Tests.Support;
using Ddpm.EndToEnd.Tests.Support;
using Ddpm.Protocol;
using Ddpm.V1;
using Grpc.Core;

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
        await using var stack = ComposeStack.OrSkip();
        await stack.UpAsync(ours);
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

    [Fact]
    public async Task SecretFile_WithAnApiKey_IsAskedForAndAfterTheNextUpTheChangedOne()
    {
        const string file = "Security__ApiKeys__0";
        const string first = "the key at first", second = "the key later on";
        await using var stack = ComposeStack.OrSkip();

        stack.WriteSecret(file, first);
        await stack.UpAsync("trainer");
        (await AnswerAsync(key: null)).ShouldBe(StatusCode.Unauthenticated);
        (await AnswerAsync(second)).ShouldBe(StatusCode.Unauthenticated);
        (await AnswerAsync(first)).ShouldBe(StatusCode.OK);

        stack.WriteSecret(file, second);
        await stack.UpAsync("trainer");
        (await AnswerAsync(first)).ShouldBe(StatusCode.Unauthenticated);
        (await AnswerAsync(second)).ShouldBe(StatusCode.OK);

        Task<StatusCode> AnswerAsync(string? key) => WhenListeningAsync(async () =>
        {
            using var client = DdpmClient.Connect(new Uri($"http://127.0.0.1:{stack.Trainer}"), new DdpmClientOptions { ApiKey = key });
            try
            {
                await client.Models.ListModelsAsync(new ListModelsRequest(), cancellationToken: Cancellation);
                return StatusCode.OK;
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Unauthenticated)
            {
                return e.StatusCode;
            }
        });
    }

    [Fact]
    public async Task SecretFiles_OfAService_AreThoseForItAlone()
    {
        string[] own = ["Security__ApiKeys__0", "Storage__S3__SecretKey", "Trainer__OrchestratorApiKey"];
        string[] theirs =
        [
            "denoiser/Security__ApiKeys__0",
            "gallery/Security__ApiKeys__0",
            "orchestrator/Orchestrator__Redis", "orchestrator/Security__ApiKeys__0", "orchestrator/Storage__Database", "orchestrator/Storage__S3__SecretKey",
            "trainer/Security__ApiKeys__0", "trainer/Storage__Database", "trainer/Trainer__OrchestratorApiKey",
        ];
        await using var stack = ComposeStack.OrSkip();

        foreach (var name in own)
            stack.WriteSecret(name, "0123456789abcdef");
        (await FilesAsync()).ShouldBe(theirs);

        stack.DeleteSecret(own[0]);
        (await FilesAsync()).ShouldBe(theirs.Where(file => !file.EndsWith(own[0], StringComparison.Ordinal)));

        async Task<IEnumerable<string>> FilesAsync()
        {
            await stack.RunToEndAsync("secrets");
            var listed = await stack.RunToEndAsync("secrets", "find", "/services", "-type", "f", "-printf", "%P\n");
            return listed.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Order(StringComparer.Ordinal);
        }
    }

    [Fact]
    public async Task SecretFile_OfNoSetting_StopsTheStartAndIsNamed()
    {
        await using var stack = ComposeStack.OrSkip();

        // An editor's copy of an old key, a single '_', and a section that nobody has.
        foreach (var name in new[] { "Security__ApiKeys__0~", "Security_ApiKeys_0", "Secruity__ApiKeys__0" })
        {
            stack.WriteSecret(name, "0123456789abcdef");
            var failure = await Should.ThrowAsync<InvalidOperationException>(() => stack.RunToEndAsync("secrets"));
            failure.Message.ShouldContain($"Secret file {name}: no service takes a secret setting of this name");
            stack.DeleteSecret(name);
        }
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
            catch (Exception e) when (e is HttpRequestException { StatusCode: null } or RpcException { StatusCode: StatusCode.Unavailable })
            {
                // Refused, or cut off by the engine's proxy, which listens before the container does.
                await timer.WaitForNextTickAsync(Cancellation);
            }
        }
    }
}
