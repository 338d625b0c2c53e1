using Ddpm.Protocol;
using Ddpm.Storage.Models;
using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Denoiser;

/// <summary>Answers one request, whichever contract it came by, or fails with the status that both give.</summary>
internal sealed class NoisePrediction(NetworkCache networks, RowScheduler scheduler, IDenoisingEngine engine, TimeProvider time)
{
    /// <summary>How ε is computed here.</summary>
    public Evaluation Evaluation => new() { Engine = engine.Name, Mode = engine.Mode == EvaluationMode.Exact ? "exact" : "fast" };

    /// <summary>Answers ε of each row.</summary>
    /// <param name="request">Checked here.</param>
    /// <param name="continuesOnWorker">As in <see cref="RowScheduler.PredictAsync"/>.</param>
    /// <param name="cancellationToken">Drops what waits.</param>
    /// <exception cref="RpcException">As <c>DenoiserService.PredictNoise</c> says.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or the Denoiser is shutting down.</exception>
    public async Task<PredictNoiseResponse> PredictAsync(PredictNoiseRequest request, bool continuesOnWorker, CancellationToken cancellationToken)
    {
        var violations = PredictNoiseValidator.CheckAddress(request);
        if (violations.HasAny)
        {
            PredictNoiseValidator.ReadRows(request, network: null, violations);
            violations.ThrowIfAny();
        }
        return await WithinTimeoutAsync(
            request,
            async ending =>
            {
                using var lease = await LeaseAsync(request.Model, request.Version, ending);
                var network = lease.Network.Description;
                var queries = PredictNoiseValidator.ReadRows(request, network, violations);
                violations.ThrowIfAny();

                var response = new PredictNoiseResponse { Evaluation = Evaluation };
                var turn = new RequestTurn(request.Tenant, request.Job, request.Priority == Priority.Bulk);
                foreach (var predicted in await EvaluateAsync(lease, queries, turn, continuesOnWorker, ending))
                {
                    response.PredictedNoise.Add(TensorCodec.Encode(predicted.AsMemory(0, network.Elements), network.Shape, TypeOf(request)));
                    if (request.WithVariance)
                        response.Variance.Add(TensorCodec.Encode(predicted.AsMemory(network.Elements), network.Shape, TypeOf(request)));
                }
                return response;
            },
            time,
            cancellationToken);
    }

    /// <summary>The type of the tensors that a request is answered with.</summary>
    internal static DataType TypeOf(PredictNoiseRequest request) =>
        request.PredictedNoiseType == DataType.Unspecified ? DataType.F32 : request.PredictedNoiseType;

    /// <summary>Answers within the request's own timeout, which has been checked.</summary>
    /// <exception cref="RpcException">DEADLINE_EXCEEDED.</exception>
    internal static async Task<T> WithinTimeoutAsync<T>(
        PredictNoiseRequest request, Func<CancellationToken, Task<T>> answer, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timeout = request.Timeout is { } limit ? new CancellationTokenSource(limit.ToTimeSpan(), time) : null;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout?.Token ?? CancellationToken.None);
        try
        {
            return await answer(ending.Token);
        }
        catch (OperationCanceledException) when (timeout?.IsCancellationRequested == true && !cancellationToken.IsCancellationRequested)
        {
            throw RpcErrors.DeadlineExceeded($"The answer was not there within the request's timeout of {request.Timeout.ToTimeSpan()}.");
        }
    }

    /// <summary>Answers a version's network, which stays in memory until the lease is disposed.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="version">Version id.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="RpcException">NOT_FOUND, DATA_LOSS or FAILED_PRECONDITION, as <c>DenoiserService.PredictNoise</c> says.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or the Denoiser is shutting down.</exception>
    public Task<NetworkLease> LeaseAsync(string model, string version, CancellationToken cancellationToken) =>
        NamedAsync(() => networks.AcquireAsync(model, version, cancellationToken));

    /// <summary>Gives what keeps a version from being loaded the status that the contract has for it.</summary>
    internal static async Task<T> NamedAsync<T>(Func<Task<T>> use)
    {
        try
        {
            return await use();
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
    }

    /// <summary>Answers ε of each query, [C, H, W] row-major; where it is asked for, followed by v, as long.</summary>
    /// <param name="lease">The network; the caller disposes it after the answer.</param>
    /// <param name="queries">At least one; each fits the network.</param>
    /// <param name="turn">Whose turn it takes.</param>
    /// <param name="continuesOnWorker">As in <see cref="RowScheduler.PredictAsync"/>.</param>
    /// <param name="cancellationToken">Drops what no worker has taken.</param>
    /// <exception cref="RpcException">RESOURCE_EXHAUSTED: the queue is full.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or the Denoiser is shutting down.</exception>
    public async Task<float[][]> EvaluateAsync(
        NetworkLease lease, IReadOnlyList<NoiseQuery> queries, RequestTurn turn, bool continuesOnWorker, CancellationToken cancellationToken)
    {
        try
        {
            return await scheduler.PredictAsync(lease, queries, turn, continuesOnWorker, cancellationToken);
        }
        catch (QueueFullException e)
        {
            throw RpcErrors.ResourceExhausted(e.Message, e.RetryAfter);
        }
    }
}
