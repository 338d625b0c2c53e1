using Ddpm.Hosting;
using Ddpm.Storage;
using Ddpm.Trainer.Data;
using Ddpm.Trainer.Evaluation;
using Ddpm.Trainer.Registry;
using Ddpm.Trainer.Runs;
using Ddpm.Trainer.Training;
using Microsoft.Extensions.Options;

namespace Ddpm.Trainer;

/// <summary>Adds the Trainer to a process.</summary>
public static class TrainerServices
{
    public static WebApplicationBuilder AddTrainer(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddValidatedOptions<TrainerOptions>(TrainerOptions.Section).Validate<IOptions<StorageOptions>>(
            (trainer, store) => trainer.DataRoot is null || Path.GetFullPath(trainer.DataRoot) != Path.Combine(store.Value.FullRoot, "data-sets"),
            "Trainer:DataRoot must not be the folder data-sets of Storage:Root, where uploaded data sets are kept.");
        services.AddValidatedOptions<StorageOptions>(StorageOptions.Section);
        services.AddModelStore().AddRunDatabase();
        services.AddSingleton<LocalDataSets>();
        services.AddSingleton<DataSetLibrary>();
        services.AddSingleton<DataSetUpload>();
        services.AddSingleton<RunLedger>();
        services.AddSingleton<RunQueue>();
        services.AddSingleton<RunParents>();
        services.AddSingleton<RunSubmission>();
        services.AddSingleton<RunControl>();
        services.AddSingleton<OrchestratorConnection>();
        services.AddSingleton<SampleGrids>();
        services.AddSingleton<StableGate>();
        services.AddSingleton<RunPublication>();
        services.AddSingleton<TrainingDevice>();
        services.AddSingleton<RunExecution>();
        services.AddSingleton<FeatureNetworks>();
        services.AddSingleton<JobSamples>();
        services.AddSingleton<SampleEvaluation>();
        services.AddSingleton<BoundEvaluation>();
        services.AddSingleton<ModelImport>();
        services.AddSingleton<ModelExport>();
        services.AddSingleton<OnnxConversion>();
        // The first of all: who does not own the runs touches nothing.
        services.AddSingleton<RunOwnership>().AddHostedService(provider => provider.GetRequiredService<RunOwnership>());
        services.AddHostedService<DataSetLeftovers>();
        services.AddHostedService<ImportLeftovers>();
        services.AddHostedService<ShippedModels>();
        services.AddHostedService<RunWorker>();
        return builder;
    }

    public static WebApplication MapTrainer(this WebApplication app)
    {
        app.MapGrpcService<TrainerGrpc>();
        app.MapGrpcService<DataSetGrpc>();
        app.MapGrpcService<ModelRegistryGrpc>();
        app.MapGrpcService<EvaluationGrpc>();
        return app;
    }
}
