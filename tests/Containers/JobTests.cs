using Ddpm.Containers.Tests.Support;
using Ddpm.EndToEnd.Tests.Support;
using Ddpm.Protocol;
using Ddpm.V1;
using DotNet.Testcontainers.Builders;

namespace Ddpm.Containers.Tests;

/// <summary>A job through containers that share a volume, as on one machine without stores of their own.</summary>
public sealed class JobTests
{
    private const int AnkleBoot = 9;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SubmitJob_ThroughContainers_MakesTheBytesThatTheCommandLineMakes()
    {
        Images.OrSkip("orchestrator");
        await using var network = new NetworkBuilder().WithLabel(TestRun.Label, TestRun.Name).Build();
        await using var data = new VolumeBuilder().WithLabel(TestRun.Label, TestRun.Name).Build();
        await data.CreateAsync(Cancellation);
        await using var trainer = ServiceContainer.Build("trainer", network, data);
        await using var denoiser = ServiceContainer.Build("denoiser", network, data);
        await using var orchestrator = ServiceContainer.Build("orchestrator", network, data, ("Orchestrator__Denoisers__0", "http://denoiser:5082"));
        await Task.WhenAll(trainer.StartAsync(Cancellation), denoiser.StartAsync(Cancellation), orchestrator.StartAsync(Cancellation));
        using var client = DdpmClient.Connect(orchestrator.AddressOf("orchestrator"));
        var spec = new JobSpec { Model = "fashion-mnist", Sampler = "ddim", Steps = 5, Count = 2, Seed = 7, Classes = new() { Labels = { AnkleBoot } } };

        var job = (await client.Orchestrator.SubmitJobAsync(new SubmitJobRequest { Spec = spec }, cancellationToken: Cancellation)).Job;
        await foreach (var happened in client.WatchJobAsync(job.Id, cancellationToken: Cancellation))
            job = happened.Job;

        job.State.ShouldBe(JobState.Succeeded, job.Error);
        using var folder = new TemporaryFolder();
        await using var command = RunningProcess.StartDotnet(
            Repository.Program("cli", "ddpm"),
            [
                "generate", "--model", "fashion-mnist", "--class", "Ankle boot", "--sampler", "ddim", "--steps", "5", "--count", "2", "--seed", "7",
                "--out", folder.Resolve("images"),
            ],
            new Dictionary<string, string> { ["DDPM_DATA"] = folder.Resolve("data") });
        (await command.ExitAsync()).ShouldBe(0, command.Error);
        for (var k = 0; k < spec.Count; k++)
        {
            var image = await client.Orchestrator.GetImageAsync(new GetImageRequest { JobId = job.Id, Trajectory = k }, cancellationToken: Cancellation);
            image.Png.ToByteArray().ShouldBe(await File.ReadAllBytesAsync(folder.Resolve("images", $"{k:D3}.png"), Cancellation));
        }
    }
}
