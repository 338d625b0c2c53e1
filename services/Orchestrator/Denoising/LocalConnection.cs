using Ddpm.V1;

namespace Ddpm.Orchestrator.Denoising;

/// <summary>No way at all: the Denoiser is in this process, and is there for as long as it.</summary>
internal sealed class LocalConnection(ILocalDenoiser denoiser) : IDenoiserConnection
{
    public bool IsDoubtful => false;

    public Task<PredictNoiseResponse> PredictAsync(PredictNoiseRequest request, CancellationToken cancellationToken) =>
        denoiser.PredictAsync(request, cancellationToken);

    public Task<PredictNoiseProductResponse> ProductAsync(PredictNoiseProductRequest request, CancellationToken cancellationToken) =>
        denoiser.ProductAsync(request, cancellationToken);

    public void Dispose()
    {
    }
}
