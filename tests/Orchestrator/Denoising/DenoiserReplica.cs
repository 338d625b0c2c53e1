using Ddpm.Hosting;
using Ddpm.Orchestrator.Tests.Running;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Ddpm.Orchestrator.Tests.Denoising;

/// <summary>A Denoiser that listens by itself on one address of loopback, as a replica does on its own.</summary>
internal sealed class DenoiserReplica : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TaskCompletionSource _streamEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private DenoiserReplica(WebApplication app, AnalyticDenoiser denoiser)
    {
        _app = app;
        Denoiser = denoiser;
        app.Use(async (context, next) =>
        {
            try
            {
                await next(context);
            }
            finally
            {
                if (context.Request.Path.Value!.EndsWith("/PredictNoiseStream", StringComparison.Ordinal))
                    _streamEnded.TrySetResult();
            }
        });
    }

    public AnalyticDenoiser Denoiser { get; }

    /// <summary>Ends with the first stream.</summary>
    public Task StreamEnded => _streamEnded.Task;

    public int Port => new Uri(_app.Urls.Single()).Port;

    /// <param name="ip">Where it listens.</param>
    /// <param name="port">0: a free one.</param>
    public static async Task<DenoiserReplica> StartAsync(string ip, int port = 0)
    {
        var denoiser = new AnalyticDenoiser();
        var builder = WebApplication.CreateBuilder();
        builder.AddServiceDefaults("test", new ListenOptions { Grpc = new Uri($"http://{ip}:{port}") });
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.Services.AddSingleton(denoiser);
        var app = builder.Build();
        var replica = new DenoiserReplica(app, denoiser);
        app.MapServiceDefaults();
        app.MapGrpcService<AnalyticDenoiser>();
        await app.StartAsync();
        return replica;
    }

    /// <summary>Drops every connection at once, as a process that is killed does.</summary>
    public async Task KillAsync() => await _app.StopAsync(new CancellationToken(canceled: true));

    public async ValueTask DisposeAsync()
    {
        Denoiser.Release();
        await KillAsync();
        await _app.DisposeAsync();
    }
}
