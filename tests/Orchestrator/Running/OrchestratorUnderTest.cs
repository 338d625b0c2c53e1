using System.Net;
using System.Net.Sockets;
using Ddpm.Hosting;
using Ddpm.Orchestrator.Denoising;
using Ddpm.Protocol;
using Ddpm.Safetensors;
using Ddpm.Storage.Models;
using Ddpm.V1;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Ddpm.Orchestrator.Tests.Running;

/// <summary>A real Orchestrator, silo, database and all, on loopback beside an <see cref="AnalyticDenoiser"/>.</summary>
internal sealed class OrchestratorUnderTest : IAsyncDisposable
{
    /// <summary>[C, H, W] of the model <c>toy</c>, which has the classes cat and dog and a null class, and of <c>varied</c>, which predicts its variance too.</summary>
    public static readonly int[] Shape = [1, 4, 6];

    /// <summary>Setting of a process that has a Denoiser too, and asks no other.</summary>
    public const string HasLocalDenoiser = "--Orchestrator:Denoisers:0=local:";

    private readonly WebApplication _app;

    private OrchestratorUnderTest(WebApplication app, DdpmClient client, AnalyticDenoiser denoiser)
    {
        _app = app;
        Client = client;
        Denoiser = denoiser;
    }

    public DdpmClient Client { get; }

    public AnalyticDenoiser Denoiser { get; }

    public static async Task<OrchestratorUnderTest> StartAsync(string root, params string[] settings)
    {
        var address = FreeAddress();
        var denoiser = new AnalyticDenoiser();
        var builder = WebApplication.CreateBuilder([
            $"--Storage:Root={root}",
            $"--Orchestrator:Denoisers:0={address}",
            "--Orchestrator:ProgressInterval=00:00:00.02",
            "--Orchestrator:CheckpointInterval=00:00:00.1",
            .. settings]);
        builder.AddServiceDefaults("test", new ListenOptions { Grpc = address });
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.AddOrchestrator();
        builder.Services.AddSingleton(denoiser);
        if (settings.Contains(HasLocalDenoiser))
            builder.Services.AddSingleton<ILocalDenoiser>(denoiser);
        var app = builder.Build();
        app.MapServiceDefaults();
        app.MapOrchestrator();
        app.MapGrpcService<AnalyticDenoiser>();

        await PublishAsync(app.Services.GetRequiredService<IModelRegistry>(), root, "toy", "fixed_small");
        await PublishAsync(app.Services.GetRequiredService<IModelRegistry>(), root, "varied", "learned_range");
        await app.StartAsync();
        return new OrchestratorUnderTest(app, DdpmClient.Connect(address), denoiser);
    }

    /// <summary>What most tests ask for; change a copy.</summary>
    public static JobSpec Spec(int steps = 10, int count = 2) => new()
    {
        Model = "toy",
        Sampler = "ddpm",
        Steps = steps,
        Count = count,
        Seed = 7,
        SamplerOptions = new Struct(),
    };

    /// <summary>DDIM, which adds no noise and clips nothing.</summary>
    public static JobSpec Deterministic(int steps = 10, int count = 1)
    {
        var spec = Spec(steps, count);
        spec.Sampler = "ddim";
        spec.SamplerOptions.Fields["clip_denoised"] = Value.ForBool(false);
        return spec;
    }

    public async Task<Job> SubmitAsync(JobSpec spec, string requestId = "") =>
        (await Client.Orchestrator.SubmitJobAsync(new SubmitJobRequest { Spec = spec, RequestId = requestId })).Job;

    /// <summary>Watches a job to its end.</summary>
    public async Task<List<JobEvent>> EventsAsync(string jobId, long from = 1)
    {
        var events = new List<JobEvent>();
        await foreach (var happened in Client.WatchJobAsync(jobId, from, TestContext.Current.CancellationToken))
            events.Add(happened);
        return events;
    }

    public async Task<Job> FinishAsync(string jobId) => (await EventsAsync(jobId))[^1].Job;

    public async Task<byte[]> ImageAsync(string jobId, int trajectory) =>
        (await Client.Orchestrator.GetImageAsync(new GetImageRequest { JobId = jobId, Trajectory = trajectory })).Png.ToByteArray();

    public async Task<Job> CancelAsync(string jobId) =>
        (await Client.Orchestrator.CancelJobAsync(new CancelJobRequest { JobId = jobId })).Job;

    public async Task<IList<FrameInfo>> FramesAsync(string jobId, int trajectory = 0) =>
        (await Client.Orchestrator.ListFramesAsync(new ListFramesRequest { JobId = jobId, Trajectory = trajectory })).Frames;

    public async ValueTask DisposeAsync()
    {
        Denoiser.Release();
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private static async Task PublishAsync(IModelRegistry store, string root, string name, string varianceType)
    {
        var folder = Directory.CreateDirectory(Path.Combine(root, $"{name}-source")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "config.json"), """
            { "in_channels": 1, "sample_size": [4, 6], "num_class_embeds": 3, "null_class_embed": 2 }
            """);
        await File.WriteAllTextAsync(Path.Combine(folder, "model_index.json"), """{ "id2label": { "0": "cat", "1": "dog" } }""");
        new SafetensorsWriter().Add("w", new[] { 1f }, [1]).Write(Path.Combine(folder, "diffusion_pytorch_model.safetensors"));
        await File.WriteAllTextAsync(Path.Combine(folder, "scheduler_config.json"), $$"""{ "variance_type": "{{varianceType}}" }""");
        await store.PublishAsync(name, folder, new PublishOptions());
    }

    public static Uri FreeAddress()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new Uri($"http://{listener.LocalEndpoint}");
    }
}
