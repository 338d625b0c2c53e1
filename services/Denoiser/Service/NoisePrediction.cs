using Ddpm.Protocol;
using Ddpm.Storage.Models;
using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Denoiser;

/// <summary>Answers one request of the contract, or fails with the contract's status.</summary>
internal sealed class NoisePrediction(NetworkCache networks, RowScheduler scheduler, IDenoisingEngine engine, TimeProvider time)
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
        using var timeout = request.Timeout is { } limit ? new CancellationTokenSource(limit.ToTimeSpan(), time) : null;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout?.Token ?? CancellationToken.None);
        try
        {
            using var lease = await networks.AcquireAsync(request.Model, request.Version, ending.Token);
            var network = lease.Network.Description;
            var queries = PredictNoiseValidator.ReadRows(request, network, violations);
            violations.ThrowIfAny();

            var response = new PredictNoiseResponse { Evaluation = Evaluation };
            var turn = new RequestTurn(request.Tenant, request.Job, request.Priority == Priority.Bulk);
            foreach (var epsilon in await scheduler.PredictAsync(lease, queries, turn, ending.Token))
                response.PredictedNoise.Add(TensorCodec.Encode(epsilon, network.Shape));
            return response;
        }
        catch (OperationCanceledException) when (timeout?.IsCancellationRequested == true && !cancellationToken.IsCancellationRequested)
        {
            throw RpcErrors.DeadlineExceeded($"The answer was not there within the request's timeout of {request.Timeout.ToTimeSpan()}.");
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
