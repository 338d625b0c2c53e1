using Ddpm.Protocol;
using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Denoiser;

/// <summary>
/// Answers requests of the contract to callers in the process: a stream that hands the answers on, or an Orchestrator that has no other way to go. What
/// awaits an answer may run on the worker that computed it, and must not wait for anything.
/// </summary>
public sealed partial class LocalPrediction
{
    private readonly NoisePrediction _prediction;
    private readonly ProductPrediction _products;
    private readonly ILogger<LocalPrediction> _logger;

    internal LocalPrediction(NoisePrediction prediction, ProductPrediction products, ILogger<LocalPrediction> logger)
    {
        _prediction = prediction;
        _products = products;
        _logger = logger;
    }

    /// <summary>Answers ε of each row.</summary>
    /// <exception cref="RpcException">As <c>DenoiserService.PredictNoise</c> says.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public Task<PredictNoiseResponse> PredictAsync(PredictNoiseRequest request, CancellationToken cancellationToken) =>
        AnswerAsync(_prediction.PredictAsync(request, continuesOnWorker: true, cancellationToken), cancellationToken);

    /// <summary>Answers ε of each row with its vector–Jacobian product.</summary>
    /// <exception cref="RpcException">As <c>DenoiserService.PredictNoiseProduct</c> says.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public Task<PredictNoiseProductResponse> ProductAsync(PredictNoiseProductRequest request, CancellationToken cancellationToken) =>
        AnswerAsync(_products.PredictAsync(request, cancellationToken), cancellationToken);

    private async Task<T> AnswerAsync<T>(Task<T> answer, CancellationToken cancellationToken)
    {
        try
        {
            return await answer;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw RpcErrors.Unavailable("The server is shutting down.");
        }
        catch (Exception e) when (e is not (RpcException or OperationCanceledException))
        {
            LogUnexpected(_logger, e);
            throw new RpcException(new Status(StatusCode.Internal, "The server failed unexpectedly; its log says why."));
        }
    }

    [LoggerMessage(1, LogLevel.Error, "A request failed")]
    private static partial void LogUnexpected(ILogger logger, Exception exception);
}
