using Ddpm.EndToEnd.Tests.Support;

namespace Ddpm.EndToEnd.Tests;

/// <summary>Denoiser, Orchestrator, Trainer and gallery as four processes that share a data folder, as in production.</summary>
public sealed class FourProcessesTests
{
    [Fact]
    public async Task Generate_ThroughFourProcesses_MakesTheImagesThatTheGalleryServes()
    {
        using var folder = new TemporaryFolder();
        var data = folder.Resolve("data");
        await TinyModel.PublishAsync(data);
        await using var denoiser = await ServiceProcess.StartAsync(
            "services/Denoiser", "Ddpm.Denoiser", ServiceProcess.FreeAddress(), null, $"Storage:Root={data}");
        await using var orchestrator = await ServiceProcess.StartAsync(
            "services/Orchestrator", "Ddpm.Orchestrator", ServiceProcess.FreeAddress(), null,
            $"Storage:Root={data}", $"Orchestrator:Denoisers:0={denoiser.GrpcAddress}");
        await using var trainer = await ServiceProcess.StartAsync(
            "services/Trainer", "Ddpm.Trainer", ServiceProcess.FreeAddress(), null, $"Storage:Root={data}");
        await using var gallery = await ServiceProcess.StartAsync(
            "web/Blazor", "Ddpm.Web", null, ServiceProcess.FreeAddress(),
            $"Gallery:OrchestratorAddress={orchestrator.GrpcAddress}", $"Gallery:TrainerAddress={trainer.GrpcAddress}");

        var outcome = await DdpmCommand.SucceedAsync(
            "generate", "--server", orchestrator.GrpcAddress!.OriginalString, "--trainer", trainer.GrpcAddress!.OriginalString,
            "--model", "fashion-mnist", "--class", "Ankle boot", "--sampler", "ddim", "--steps", "5", "--count", "2", "--seed", "7",
            "--out", folder.Resolve("A"), "--json");

        outcome.Json["job"]!["classNames"]![0]!.GetValue<string>().ShouldBe("Ankle boot");
        var jobId = outcome.Json["job"]!["id"]!.GetValue<string>();
        using var browser = new HttpClient { BaseAddress = gallery.WebAddress };
        (await browser.GetByteArrayAsync($"/media/jobs/{jobId}/images/1.png", TestContext.Current.CancellationToken))
            .ShouldBe(await File.ReadAllBytesAsync(folder.Resolve("A", "001.png"), TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("services/Denoiser", "Ddpm.Denoiser", true)]
    [InlineData("web/Blazor", "Ddpm.Web", false)]
    public async Task HealthProbe_OfARunningService_EndsWith0AndOfNoneWith1(string project, string assembly, bool isGrpc)
    {
        using var folder = new TemporaryFolder();
        var address = ServiceProcess.FreeAddress();
        var listen = isGrpc ? $"--Listen:Grpc={address}" : $"--Listen:Web={address}";
        var settings = isGrpc ? [$"Storage:Root={folder.Path}"] : Array.Empty<string>();
        await using (await ServiceProcess.StartAsync(project, assembly, isGrpc ? address : null, isGrpc ? null : address, settings))
        {
            await using var probe = RunningProcess.StartDotnet(Repository.Program(project, assembly), ["health", listen]);
            (await probe.ExitAsync()).ShouldBe(0, probe.Error);
        }

        await using var probeOfNone = RunningProcess.StartDotnet(Repository.Program(project, assembly), ["health", listen]);
        (await probeOfNone.ExitAsync()).ShouldBe(1);
    }
}
