using Ddpm.Denoiser.OpenInference;
using Ddpm.Hosting;
using Ddpm.Networks;
using Ddpm.Protocol;
using Ddpm.Storage.Models;
using Ddpm.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using TorchSharp;

namespace Ddpm.Denoiser.Tests;

/// <summary>A Denoiser in this process that listens on a free port of loopback, with a model store of its own.</summary>
internal sealed class DenoiserHost : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly WebApplication _app;

    private DenoiserHost(TemporaryFolder folder, WebApplication app)
    {
        _folder = folder;
        _app = app;
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        Client = DdpmClient.Connect(Address);
    }

    public Uri Address { get; }

    public DdpmClient Client { get; }

    public DenoiserService.DenoiserServiceClient Denoiser => Client.Denoiser;

    /// <summary>The same Denoiser under the Open Inference Protocol.</summary>
    public GRPCInferenceService.GRPCInferenceServiceClient Inference => new(Client.Invoker);

    public IServiceProvider Services => _app.Services;

    public IModelRegistry Store => Services.GetRequiredService<IModelRegistry>();

    public static Task<DenoiserHost> StartAsync(params string[] settings) => StartAsync(_ => { }, settings);

    /// <param name="engine">Instead of the one that it would choose.</param>
    /// <param name="settings"><c>Key=value</c> of section <c>Denoiser</c>, or <c>Section:Key=value</c> of another.</param>
    public static Task<DenoiserHost> StartAsync(IDenoisingEngine engine, params string[] settings) =>
        StartAsync(builder => builder.Services.AddSingleton(engine), settings);

    /// <param name="configure">Changes what the Denoiser consists of.</param>
    /// <param name="settings"><c>Key=value</c> of section <c>Denoiser</c>, or <c>Section:Key=value</c> of another.</param>
    public static async Task<DenoiserHost> StartAsync(Action<WebApplicationBuilder> configure, params string[] settings)
    {
        var folder = new TemporaryFolder();
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(settings
            .Select(setting => setting.Split('=', 2))
            .Select(parts => KeyValuePair.Create(parts[0].Contains(':') ? parts[0] : $"Denoiser:{parts[0]}", (string?)parts[1]))
            .Append(new("Storage:Root", folder.FullName))
            .Append(new("Denoiser:Device", "cpu")));
        builder.AddServiceDefaults("denoiser", new ListenOptions { Grpc = new Uri("http://127.0.0.1:0") });
        builder.AddDenoiser();
        configure(builder);
        var app = builder.Build();
        app.MapServiceDefaults();
        app.MapDenoiser();
        try
        {
            await app.StartAsync();
        }
        catch
        {
            await app.DisposeAsync();
            folder.Dispose();
            throw;
        }
        return new DenoiserHost(folder, app);
    }

    /// <summary>Publishes the golden checkpoint.</summary>
    /// <param name="predictionType">What its scheduler_config.json is to say that it predicts; null: as it is, ε.</param>
    /// <param name="model">The model's name.</param>
    public async Task<StoredVersion> PublishGoldenAsync(string? predictionType = null, string model = "golden")
    {
        using var folder = new TemporaryFolder();
        foreach (var file in Directory.EnumerateFiles(Golden.Folder))
            File.Copy(file, Path.Combine(folder.FullName, Path.GetFileName(file)));
        if (predictionType is not null)
        {
            var path = Path.Combine(folder.FullName, SchedulerConfig.FileName);
            await File.WriteAllTextAsync(path, (SchedulerConfig.Read(path) with { PredictionType = predictionType }).ToJson());
        }
        return await Store.PublishAsync(model, folder.FullName, new PublishOptions());
    }

    /// <summary>Publishes a network of random weights that knows three classes and, if asked, a null class and the variance.</summary>
    public async Task<StoredVersion> PublishConditionalAsync(bool nullClass = true, bool predictsVariance = false, int side = Golden.Side)
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Path.Combine(folder.FullName, "checkpoint");
        var config = UNetConfig.Read(Path.Combine(Golden.Folder, UNetConfig.FileName)) with
        {
            NumClassEmbeds = nullClass ? 4 : 3,
            NullClassEmbed = nullClass ? 3 : null,
            OutChannels = predictsVariance ? 2 : 1,
            SampleSize = new SampleSize(side, side),
        };
        using (torch.NewDisposeScope())
        {
            using var network = new UNet2DModel(config, seed: 7);
            var scheduler = new SchedulerConfig { VarianceType = predictsVariance ? SchedulerConfig.LearnedRange : "fixed_small" };
            Checkpoint.Save(checkpoint, network, scheduler, ModelIndex.Unconditional);
        }
        return await Store.PublishAsync(predictsVariance ? "varied" : nullClass ? "conditional" : "labelled", checkpoint, new PublishOptions());
    }

    /// <summary>Flips a bit of a version's weights in the store.</summary>
    public async Task CorruptAsync(StoredVersion version)
    {
        var folder = await Store.OpenAsync(version.Model, version.Version, TestContext.Current.CancellationToken);
        var weights = Path.Combine(folder, "diffusion_pytorch_model.safetensors");
        var bytes = await File.ReadAllBytesAsync(weights, TestContext.Current.CancellationToken);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(weights, bytes, TestContext.Current.CancellationToken);
    }

    public async Task<float[][]> PredictAsync(StoredVersion version, params NoiseRow[] rows)
    {
        var response = await SendAsync(Request(version, rows));
        return [.. response.PredictedNoise.Select(TensorCodec.Decode)];
    }

    public async Task<PredictNoiseResponse> SendAsync(PredictNoiseRequest request) =>
        await Denoiser.PredictNoiseAsync(request, cancellationToken: TestContext.Current.CancellationToken);

    public async Task<ModelInferResponse> InferAsync(ModelInferRequest request) =>
        await Inference.ModelInferAsync(request, cancellationToken: TestContext.Current.CancellationToken);

    public async Task<GetDenoiserInfoResponse> InfoAsync() =>
        await Denoiser.GetDenoiserInfoAsync(new GetDenoiserInfoRequest(), cancellationToken: TestContext.Current.CancellationToken);

    public static PredictNoiseRequest Request(StoredVersion version, params NoiseRow[] rows) =>
        new() { Model = version.Model, Version = version.Version, Rows = { rows } };

    public async ValueTask DisposeAsync()
    {
        // What a failed test holds must not hold up its end.
        (Services.GetRequiredService<IDenoisingEngine>() as HeldEngine)?.LetThrough();
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _folder.Dispose();
    }
}
