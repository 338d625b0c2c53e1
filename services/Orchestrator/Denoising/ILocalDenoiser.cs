using Ddpm.V1;

namespace Ddpm.Orchestrator.Denoising;

/// <summary>A Denoiser in the Orchestrator's own process, which is asked without a connection (<see cref="OrchestratorOptions.Denoisers"/>).</summary>
public interface ILocalDenoiser
{
    /// <summary>Answers as the rpc <c>PredictNoise</c> does. The answer may come on a thread that must not wait for anything.</summary>
    /// <exception cref="Grpc.Core.RpcException">As the rpc says.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    Task<PredictNoiseResponse> PredictAsync(PredictNoiseRequest request, CancellationToken cancellationToken);

    /// <summary>Answers as the rpc <c>PredictNoiseProduct</c> does.</summary>
    /// <inheritdoc cref="PredictAsync" path="/exception"/>
    Task<PredictNoiseProductResponse> ProductAsync(PredictNoiseProductRequest request, CancellationToken cancellationToken);
}
