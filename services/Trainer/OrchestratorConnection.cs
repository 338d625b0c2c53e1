using Ddpm.Protocol;
using Microsoft.Extensions.Options;

namespace Ddpm.Trainer;

/// <summary>The Orchestrator that makes the Trainer's images, if it is told of one.</summary>
internal sealed class OrchestratorConnection(IOptions<TrainerOptions> options) : IDisposable
{
    /// <summary>What to say where there is none.</summary>
    public const string Missing = "The Trainer knows no Orchestrator that could make images: Trainer:OrchestratorAddress is not set.";

    /// <summary>Null when the Trainer is told of none.</summary>
    public DdpmClient? Client { get; } = options.Value.OrchestratorAddress is { } address
        ? DdpmClient.Connect(address, new DdpmClientOptions { ApiKey = options.Value.OrchestratorApiKey })
        : null;

    public void Dispose() => Client?.Dispose();
}
