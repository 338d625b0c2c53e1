using System.Net;
using System.Net.Sockets;
using Ddpm.Denoiser;
using Ddpm.Hosting;
using Ddpm.Orchestrator;
using Ddpm.Orchestrator.Denoising;
using Ddpm.Trainer;
using Ddpm.Web;

namespace Ddpm.Standalone;

/// <summary>
/// Denoiser, Orchestrator, Trainer and gallery in one process, talking to each other as they would across machines; only from the Orchestrator to the Denoiser,
/// which is asked hundreds of times a second, no wire is laid.
/// </summary>
public sealed class StandaloneHost : IAsyncDisposable
{
    private static readonly Uri DefaultGallery = new("http://127.0.0.1:5080");
    private static readonly Uri DefaultGrpc = new("http://127.0.0.1:5081");

    private StandaloneHost(WebApplication application, Uri grpc, Uri? gallery)
    {
        Application = application;
        GrpcAddress = grpc;
        GalleryAddress = gallery;
    }

    public WebApplication Application { get; }

    /// <summary>Where every service of the contract answers.</summary>
    public Uri GrpcAddress { get; }

    /// <summary>Where the gallery answers; null without one.</summary>
    public Uri? GalleryAddress { get; }

    /// <summary>Puts the process together; nothing listens yet.</summary>
    public static StandaloneHost Build(StandaloneOptions options)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            Args = options.Arguments,
            // The pages' static files lie beside the program, wherever it is started from.
            ContentRootPath = AppContext.BaseDirectory,
        });
        var listen = ListenOn(builder.Configuration, options);
        AddDefaults(builder.Configuration, Reachable(listen.Grpc!), options);

        builder.AddServiceDefaults("standalone", listen);
        if (options.Quiet)
            builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(10));
        if (!options.HandlesSignals)
            builder.Services.AddSingleton<IHostLifetime, CallersLifetime>();
        builder.AddDenoiser();
        builder.Services.AddSingleton<ILocalDenoiser, LocalDenoiser>();
        builder.AddOrchestrator();
        builder.AddTrainer();
        if (options.WithGallery)
            builder.AddGallery();

        var app = builder.Build();
        app.MapServiceDefaults();
        app.MapDenoiser();
        app.MapOrchestrator();
        app.MapTrainer();
        if (options.WithGallery)
            app.MapGallery();
        return new StandaloneHost(app, Reachable(listen.Grpc!), listen.Web is { } web ? Reachable(web) : null);
    }

    /// <summary>Builds and starts; returns when everything answers.</summary>
    public static async Task<StandaloneHost> StartAsync(StandaloneOptions options, CancellationToken cancellationToken = default)
    {
        var host = Build(options);
        try
        {
            await host.Application.StartAsync(cancellationToken);
            return host;
        }
        catch
        {
            await host.Application.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops and waits until all is stopped; unfinished jobs continue at the next start.</summary>
    public async ValueTask DisposeAsync()
    {
        await Application.StopAsync();
        await Application.DisposeAsync();
    }

    private static ListenOptions ListenOn(ConfigurationManager configuration, StandaloneOptions options)
    {
        var listen = new ListenOptions
        {
            Grpc = options.EphemeralPorts ? FreeAddress() : DefaultGrpc,
            Web = !options.WithGallery ? null : options.EphemeralPorts ? FreeAddress() : DefaultGallery,
        };
        configuration.GetSection(ListenOptions.Section).Bind(listen);
        return listen;
    }

    /// <summary>What the services are told about each other, unless configuration says otherwise.</summary>
    private static void AddDefaults(ConfigurationManager configuration, Uri grpc, StandaloneOptions options)
    {
        var defaults = new Dictionary<string, string?>
        {
            ["Orchestrator:Denoisers:0"] = $"{OrchestratorOptions.Local}:",
            ["Trainer:OrchestratorAddress"] = grpc.ToString(),
            ["Gallery:OrchestratorAddress"] = grpc.ToString(),
            ["Gallery:TrainerAddress"] = grpc.ToString(),
        };
        if (Environment.GetEnvironmentVariable("DDPM_DATA") is { Length: > 0 } data)
            defaults["Storage:Root"] = data;
        configuration.Sources.Insert(0, new Microsoft.Extensions.Configuration.Memory.MemoryConfigurationSource { InitialData = defaults });
        if (options.DataRoot is { } root)
            configuration["Storage:Root"] = root;
    }

    private static Uri Reachable(Uri listening) =>
        IPAddress.TryParse(listening.DnsSafeHost, out var ip) && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any))
            ? new UriBuilder(listening) { Host = "127.0.0.1" }.Uri
            : listening;

    private static Uri FreeAddress()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new Uri($"http://{listener.LocalEndpoint}");
    }

    /// <summary>Leaves the process's signals alone: who started the host stops it.</summary>
    private sealed class CallersLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
