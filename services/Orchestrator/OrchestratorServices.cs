using System.Net;
using System.Net.Sockets;
using Ddpm.Hosting;
using Ddpm.Orchestrator.Denoising;
using Ddpm.Orchestrator.Jobs;
using Ddpm.Orchestrator.Trajectories;
using Ddpm.Storage;

namespace Ddpm.Orchestrator;

/// <summary>Adds the Orchestrator to a process.</summary>
public static class OrchestratorServices
{
    public static WebApplicationBuilder AddOrchestrator(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddValidatedOptions<OrchestratorOptions>(OrchestratorOptions.Section);
        services.AddValidatedOptions<StorageOptions>(StorageOptions.Section);
        services.AddModelStore().AddBlobStore().AddJobDatabase();
        services.AddSingleton<TrajectoryStore>();
        services.AddSingleton<OrchestratorMetrics>();
        services.AddSingleton<JobPlanner>();
        services.AddSingleton<JobSlots>();
        services.AddSingleton<JobSubmission>();
        services.AddSingleton<JobRunner>();
        services.AddSingleton<IHostResolver, SystemHostResolver>();
        services.AddSingleton<DenoiserDirectory>().AddHostedService(provider => provider.GetRequiredService<DenoiserDirectory>());
        services.AddSingleton<IDenoiser, DenoiserPool>();

        builder.Host.UseOrleans(silo =>
        {
            // One replica: the silo needs a port all the same, and the gateway, which serves other processes, none.
            var configured = builder.Configuration.GetValue<int>($"{OrchestratorOptions.Section}:{nameof(OrchestratorOptions.SiloPort)}");
            silo.UseLocalhostClustering(siloPort: configured == 0 ? FreePort() : configured, gatewayPort: 0);
        });
        services.AddHostedService<JobRecovery>();
        return builder;
    }

    public static WebApplication MapOrchestrator(this WebApplication app)
    {
        app.MapGrpcService<OrchestratorGrpc>();
        return app;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
