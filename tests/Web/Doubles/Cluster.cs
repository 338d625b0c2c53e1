using Ddpm.Web.Backend;

namespace Ddpm.Web.Tests.Doubles;

/// <summary>A cluster in memory, of what a test gives and empty services otherwise.</summary>
internal static class Cluster
{
    public static ClusterClients Of(
        InMemoryOrchestrator? orchestrator = null,
        InMemoryTrainer? trainer = null,
        InMemoryModels? models = null,
        InMemoryDataSets? dataSets = null,
        TimeProvider? time = null) =>
        new(
            orchestrator ?? new InMemoryOrchestrator(),
            trainer ?? new InMemoryTrainer(),
            models ?? new InMemoryModels(),
            dataSets ?? new InMemoryDataSets(),
            time ?? TimeProvider.System);
}
