using System.Net;
using System.Net.Sockets;
using Ddpm.Denoiser;
using Ddpm.Hosting;
using Ddpm.Orchestrator;
using Ddpm.Orchestrator.Denoising;
using Ddpm.Protocol;
using Ddpm.Standalone;
using Ddpm.Storage.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Ddpm.Bench.Subjects;

/// <summary>A Denoiser and an Orchestrator in one process, as Standalone has them, with one model.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    private readonly string _folder;
    private readonly WebApplication _app;

    private Cluster(string folder, WebApplication app, Uri tcp, Uri socket, StoredVersion version)
    {
        _folder = folder;
        _app = app;
        Version = version;
        Client = DdpmClient.Connect(tcp);
        OverSocket = DdpmClient.Connect(socket);
    }

    /// <summary>Over TCP, as clients come.</summary>
    public DdpmClient Client { get; }

    /// <summary>Over the socket, as the Orchestrator of another process on the machine comes.</summary>
    public DdpmClient OverSocket { get; }

    public StoredVersion Version { get; }

    /// <param name="model">Published as its latest version.</param>
    /// <param name="engine">Instead of the one that the Denoiser chooses; null: that one.</param>
    /// <param name="overSocket">Whether the Orchestrator reaches the Denoiser over the socket, as if it were another process.</param>
    /// <param name="settings">What is set besides.</param>
    public static async Task<Cluster> StartAsync(
        BenchModel model, IDenoisingEngine? engine = null, bool overSocket = false, params (string Key, string Value)[] settings)
    {
        var folder = Directory.CreateTempSubdirectory("ddpm-bench-").FullName;
        var address = new Uri($"http://127.0.0.1:{FreePort()}");
        var socket = Path.Combine(folder, "grpc.sock");
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Storage:Root"] = folder,
            ["Denoiser:Device"] = "cpu",
            ["Orchestrator:Denoisers:0"] = overSocket ? $"unix:{socket}" : $"{OrchestratorOptions.Local}:",
            ["Orchestrator:MaxRunningJobs"] = "64",
        });
        foreach (var (key, value) in settings)
            builder.Configuration[key] = value;
        builder.AddServiceDefaults("bench", new ListenOptions { Grpc = address, Socket = socket });
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.AddDenoiser();
        builder.Services.AddSingleton<ILocalDenoiser, LocalDenoiser>();
        builder.AddOrchestrator();
        if (engine is not null)
            builder.Services.AddSingleton(engine);
        var app = builder.Build();
        app.MapServiceDefaults();
        app.MapDenoiser();
        app.MapOrchestrator();
        await app.StartAsync();
        var version = await app.Services.GetRequiredService<IModelRegistry>().PublishAsync(model.Name, model.Folder, new PublishOptions());
        return new Cluster(folder, app, address, new Uri($"unix:{socket}"), version);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        OverSocket.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>A port on loopback that nothing listens on.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
