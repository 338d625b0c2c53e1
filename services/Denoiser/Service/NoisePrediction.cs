using Ddpm.Protocol;
using Ddpm.Storage.Models;
using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Denoiser;

/// <summary>Answers one request of the contract, or fails with the contract's status.</summary>
internal sealed class NoisePrediction(NetworkCache networks, RowScheduler scheduler, IDenoisingEngine engine)
{
    /// <summary>How ε is computed here.</summary>
    public Evaluation Evaluation => new() { Engine = engine.Name, Mode = engine.Mode == EvaluationMode.Exact ? "exact" : "fast" };

    /// <exception cref="RpcException">As <c>DenoiserService.PredictNoise</c> says.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or the Denoiser is shutting down.</exception>
    public async Task<PredictNoiseResponse> PredictAsync(PredictNoiseRequest request, CancellationToken cancellationToken)
    {
        var violations = PredictNoiseValidator.CheckAddress(request);
        if (violations.HasAny)
        {
            PredictNoiseValidator.ReadRows(request, network: null, violations);
            violations.ThrowIfAny();
        }
        try
        {
            using var lease = await networks.AcquireAsync(request.Model, request.Version, cancellationToken);
            var network = lease.Network.Description;
            var queries = PredictNoiseValidator.ReadRows(request, network, violations);
            violations.ThrowIfAny();

            var response = new PredictNoiseResponse { Evaluation = Evaluation };
            foreach (var epsilon in await scheduler.PredictAsync(lease, queries, cancellationToken))
                response.PredictedNoise.Add(TensorCodec.Encode(epsilon, network.Shape));
            return response;
        }
        catch (ModelNotFoundException e)
        {
            throw RpcErrors.NotFound(e.Message);
        }
        catch (ModelCorruptException e)
        {
            throw RpcErrors.DataLoss(e.Message);
        }
        catch (InvalidDataException e)
        {
            throw RpcErrors.FailedPrecondition(e.Message);
        }
        catch (QueueFullException e)
        {
            throw RpcErrors.ResourceExhausted(e.Message, e.RetryAfter);
        }
    }
}
