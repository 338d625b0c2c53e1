using Ddpm.V1;

namespace Ddpm.Orchestrator.Denoising;

/// <summary>The way to one Denoiser.</summary>
internal interface IDenoiserConnection : IDisposable
{
    /// <summary>Whether it broke and has shown no life since.</summary>
    bool IsDoubtful { get; }

    /// <exception cref="Grpc.Core.RpcException">What the Denoiser answered, or why the connection broke.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    Task<PredictNoiseResponse> PredictAsync(PredictNoiseRequest request, CancellationToken cancellationToken);

    /// <inheritdoc cref="PredictAsync"/>
    Task<PredictNoiseProductResponse> ProductAsync(PredictNoiseProductRequest request, CancellationToken cancellationToken);
}
