using Ddpm.Hosting;
using Ddpm.Orchestrator.Denoising;
using Ddpm.Orchestrator.Editing;
using Ddpm.Orchestrator.Jobs;
using Ddpm.Orchestrator.Likelihood;
using Ddpm.Orchestrator.Trajectories;
using Ddpm.Storage;
using Microsoft.Extensions.Options;

namespace Ddpm.Orchestrator;

/// <summary>Adds the Orchestrator to a process.</summary>
public static class OrchestratorServices
{
    public static WebApplicationBuilder AddOrchestrator(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddValidatedOptions<OrchestratorOptions>(OrchestratorOptions.Section)
            .Validate<IOptions<SecurityOptions>>(
                (options, security) => security.Value.Insecure || !options.IsReachedByOthers,
                $"{OrchestratorOptions.Section}:{nameof(OrchestratorOptions.Redis)} is set: the replicas call each other without TLS or a key, which needs a network that "
                + $"nobody else is on; set {SecurityOptions.Section}:{nameof(SecurityOptions.Insecure)}=true to say that it is one.")
            .Validate<IOptions<StorageOptions>>(
                (options, storage) => options.Redis is null || storage.Value.Database is not null,
                $"{OrchestratorOptions.Section}:{nameof(OrchestratorOptions.Redis)} is set: replicas share their jobs and need "
                + $"{StorageOptions.Section}:{nameof(StorageOptions.Database)}, a PostgreSQL database.")
            .Validate<IServiceProviderIsService>(
                (options, services) => !options.HasLocalDenoiser || services.IsService(typeof(ILocalDenoiser)),
                $"{OrchestratorOptions.Section}:{nameof(OrchestratorOptions.Denoisers)} holds '{OrchestratorOptions.Local}:', but this process has no Denoiser.");
        services.AddValidatedOptions<StorageOptions>(StorageOptions.Section);
        services.AddModelStore().AddBlobStore().AddJobDatabase();
        services.AddSingleton<TrajectoryStore>();
        services.AddHostedService<BlobStorePreparation>();
        services.AddSingleton<OrchestratorMetrics>();
        services.AddSingleton<JobPlanner>();
        services.AddSingleton<InputImages>();
        services.AddSingleton<LikelihoodMeasurement>();
        services.AddSingleton<JobGrains>();
        services.AddSingleton<JobSlots>();
        services.AddSingleton<JobSubmission>();
        services.AddSingleton<JobRunner>();
        services.AddSingleton<IHostResolver, SystemHostResolver>();
        services.AddSingleton<DenoiserDirectory>().AddHostedService(provider => provider.GetRequiredService<DenoiserDirectory>());
        services.AddSingleton<IDenoiser, DenoiserPool>();

        builder.Host.UseOrleans(silo => silo.Configure(
            builder.Configuration.GetSection(OrchestratorOptions.Section).Get<OrchestratorOptions>() ?? new OrchestratorOptions()));
        services.AddSingleton<IFatalErrorHandler, SiloOutcast>();
        services.AddHostedService<JobRecovery>();
        return builder;
    }

    public static WebApplication MapOrchestrator(this WebApplication app)
    {
        app.MapGrpcService<OrchestratorGrpc>();
        return app;
    }
}
