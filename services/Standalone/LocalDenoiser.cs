using Ddpm.Denoiser;
using Ddpm.Orchestrator.Denoising;
using Ddpm.V1;

namespace Ddpm.Standalone;

/// <summary>The Denoiser of a process, for the Orchestrator of the same one: <c>Orchestrator:Denoisers:0=local:</c>.</summary>
public sealed class LocalDenoiser(LocalPrediction prediction) : ILocalDenoiser
{
    public Task<PredictNoiseResponse> PredictAsync(PredictNoiseRequest request, CancellationToken cancellationToken) =>
        prediction.PredictAsync(request, cancellationToken);

    public Task<PredictNoiseProductResponse> ProductAsync(PredictNoiseProductRequest request, CancellationToken cancellationToken) =>
        prediction.ProductAsync(request, cancellationToken);
}
