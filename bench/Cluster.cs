using System.Net;
using System.Net.Sockets;
using Ddpm.Denoiser;
using Ddpm.Hosting;
using Ddpm.Orchestrator;
using Ddpm.Protocol;
using Ddpm.Storage.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Ddpm.Bench;

/// <summary>A Denoiser of one worker and an Orchestrator, over gRPC on loopback, with the model that ships.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    /// <summary>The checkpoint folder of the model that ships.</summary>
    public static readonly string ModelFolder = Path.Combine(AppContext.BaseDirectory, "fashion-mnist");

    private readonly string _folder;
    private readonly WebApplication _app;

    private Cluster(string folder, WebApplication app, DdpmClient client, StoredVersion version)
    {
        _folder = folder;
        _app = app;
        Client = client;
        Version = version;
    }

    public DdpmClient Client { get; }

    public StoredVersion Version { get; }

    public static async Task<Cluster> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("ddpm-bench-").FullName;
        var address = new Uri($"http://127.0.0.1:{FreePort()}");
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Storage:Root"] = folder,
            ["Denoiser:Device"] = "cpu",
            ["Denoiser:Workers"] = "1",
            ["Orchestrator:Denoisers:0"] = address.ToString(),
        });
        builder.AddServiceDefaults("bench", new ListenOptions { Grpc = address });
        builder.AddDenoiser();
        builder.AddOrchestrator();
        var app = builder.Build();
        app.MapServiceDefaults();
        app.MapDenoiser();
        app.MapOrchestrator();
        await app.StartAsync();
        var version = await app.Services.GetRequiredService<IModelRegistry>().PublishAsync("fashion-mnist", ModelFolder, new PublishOptions());
        return new Cluster(folder, app, DdpmClient.Connect(address), version);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
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
