using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace Ddpm.Cli.Tests.Fakes;

/// <summary>The contract's services over a real socket, with answers that a test chooses.</summary>
internal sealed class FakeServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeServer()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddGrpcHealthChecks().AddCheck("process", () => HealthCheckResult.Healthy());
        builder.Services.AddSingleton(Orchestrator).AddSingleton(Models).AddSingleton(Trainer).AddSingleton(Evaluation);
        _app = builder.Build();
        _app.MapGrpcHealthChecksService();
        _app.MapGrpcService<FakeOrchestrator>();
        _app.MapGrpcService<FakeModelRegistry>();
        _app.MapGrpcService<FakeTrainer>();
        _app.MapGrpcService<FakeEvaluation>();
    }

    public FakeOrchestrator Orchestrator { get; } = new();

    public FakeModelRegistry Models { get; } = new();

    public FakeTrainer Trainer { get; } = new();

    public FakeEvaluation Evaluation { get; } = new();

    public Uri Address => new(_app.Urls.Single());

    public static async Task<FakeServer> StartAsync()
    {
        var server = new FakeServer();
        await server._app.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
