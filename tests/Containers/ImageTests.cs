using System.Diagnostics;
using Ddpm.Containers.Tests.Support;
using Ddpm.EndToEnd.Tests.Support;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Containers;

namespace Ddpm.Containers.Tests;

/// <summary>Each image by itself.</summary>
public sealed class ImageTests(ITestOutputHelper output)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Also what docs/containers.md has its figures from: its output says size and time.</summary>
    [Theory]
    [InlineData("denoiser")]
    [InlineData("orchestrator")]
    [InlineData("trainer")]
    [InlineData("gallery")]
    public async Task Start_ConfinedOnAReadOnlyRoot_TurnsHealthyAndEndsInOrderWhenToldTo(string service)
    {
        var image = Images.OrSkip(service);
        await using var data = new VolumeBuilder().WithLabel(TestRun.Label, TestRun.Name).Build();
        await data.CreateAsync(Cancellation);
        await using var container = ServiceContainer.Build(service, network: null, data, ("Gallery__KeysFolder", "/data/keys"));

        var started = Stopwatch.GetTimestamp();
        await container.StartAsync(Cancellation);
        var healthy = Stopwatch.GetElapsedTime(started);
        var size = long.Parse(await DockerCommand.RunAsync("image", "inspect", "--format", "{{.Size}}", image));
        output.WriteLine($"{service}: {size / 1e6:F0} MB, healthy after {healthy.TotalSeconds:F1} s");
        container.Health.ShouldBe(TestcontainersHealthStatus.Healthy);

        await container.StopAsync(Cancellation);
        // 143 would be SIGTERM without anybody to handle it, 137 SIGKILL.
        (await DockerCommand.RunAsync("inspect", "--format", "{{.State.ExitCode}}", container.Id)).ShouldBe("0", (await container.GetLogsAsync(ct: Cancellation)).Stderr);
    }

    [Theory]
    [InlineData("denoiser")]
    [InlineData("orchestrator")]
    [InlineData("trainer")]
    [InlineData("gallery")]
    public async Task User_OfEveryImage_IsANumberAndNotRoot(string service)
    {
        var user = await DockerCommand.RunAsync("image", "inspect", "--format", "{{.Config.User}}", Images.OrSkip(service));

        // Kubernetes refuses names where it must see that nobody is root.
        user.Split(':').ShouldAllBe(id => int.Parse(id) > 0);
    }

    [Theory]
    [InlineData("denoiser", true)]
    [InlineData("orchestrator", false)]
    [InlineData("trainer", true)]
    [InlineData("gallery", false)]
    public async Task Files_OfEveryImage_HoldLibTorchWhereItIsUsed(string service, bool isUsed)
    {
        using var folder = new TemporaryFolder();
        var container = await DockerCommand.RunAsync("create", "--label", $"{TestRun.Label}={TestRun.Name}", "--network", "none", Images.OrSkip(service));
        await DockerCommand.RunAsync("cp", $"{container}:/app", folder.Path);
        await DockerCommand.RunAsync("rm", container);

        var libraries = Directory.EnumerateFiles(folder.Path, "*.so*", SearchOption.AllDirectories).Select(Path.GetFileName).ToList();

        libraries.Any(name => name!.Contains("torch", StringComparison.OrdinalIgnoreCase)).ShouldBe(isUsed, string.Join(' ', libraries));
    }

    [Fact]
    public async Task Layers_OfDenoiserAndTrainer_ShareLibTorch()
    {
        var denoiser = await LayersAsync("denoiser");
        var trainer = await LayersAsync("trainer");

        // Not only the runtime's, which all have: a machine that runs both has 500 MB once.
        denoiser.Zip(trainer).TakeWhile(pair => pair.First == pair.Second).Count()
            .ShouldBeGreaterThan(denoiser.Zip(await LayersAsync("orchestrator")).TakeWhile(pair => pair.First == pair.Second).Count());
    }

    private static async Task<string[]> LayersAsync(string service) =>
        (await DockerCommand.RunAsync("image", "inspect", "--format", "{{join .RootFS.Layers \" \"}}", Images.OrSkip(service))).Split(' ');
}
