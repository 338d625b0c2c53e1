using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Web.Backend;

/// <summary>What the gallery calls: the generated clients, and the deadline that every unary call takes.</summary>
public sealed class ClusterClients(
    OrchestratorService.OrchestratorServiceClient orchestrator,
    TrainerService.TrainerServiceClient trainer,
    ModelRegistryService.ModelRegistryServiceClient models,
    DataSetService.DataSetServiceClient dataSets,
    TimeProvider time)
{
    /// <summary>How long a unary call may take before the service counts as not answering.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>How long a call may take that first reads a whole data set.</summary>
    public static readonly TimeSpan PatienceOfReading = TimeSpan.FromMinutes(15);

    public OrchestratorService.OrchestratorServiceClient Orchestrator { get; } = orchestrator;

    public TrainerService.TrainerServiceClient Trainer { get; } = trainer;

    public ModelRegistryService.ModelRegistryServiceClient Models { get; } = models;

    public DataSetService.DataSetServiceClient DataSets { get; } = dataSets;

    /// <summary>Options of a unary call that ends within <see cref="Patience"/>.</summary>
    public CallOptions Unary(CancellationToken cancellationToken = default) =>
        new(deadline: time.GetUtcNow().UtcDateTime + Patience, cancellationToken: cancellationToken);

    /// <summary>Options of a unary call that ends within <see cref="PatienceOfReading"/>.</summary>
    public CallOptions Reading(CancellationToken cancellationToken = default) =>
        new(deadline: time.GetUtcNow().UtcDateTime + PatienceOfReading, cancellationToken: cancellationToken);
}
