using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Web.Backend;

/// <summary>What the gallery calls: the generated clients, and the deadline that every unary call takes.</summary>
public sealed class ClusterClients(
    OrchestratorService.OrchestratorServiceClient orchestrator,
    ModelRegistryService.ModelRegistryServiceClient models,
    TimeProvider time)
{
    /// <summary>How long a unary call may take before the service counts as not answering.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public OrchestratorService.OrchestratorServiceClient Orchestrator { get; } = orchestrator;

    public ModelRegistryService.ModelRegistryServiceClient Models { get; } = models;

    /// <summary>Options of a unary call that ends within <see cref="Patience"/>.</summary>
    public CallOptions Unary(CancellationToken cancellationToken = default) =>
        new(deadline: time.GetUtcNow().UtcDateTime + Patience, cancellationToken: cancellationToken);
}
