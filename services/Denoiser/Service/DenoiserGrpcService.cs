using Ddpm.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Ddpm.Denoiser;

/// <summary>The contract's <c>DenoiserService</c>.</summary>
internal sealed class DenoiserGrpcService(
    NoisePrediction prediction,
    ProductPrediction products,
    LocalPrediction streamed,
    NetworkCache networks,
    RowScheduler scheduler,
    IDenoisingEngine engine,
    IOptions<DenoiserOptions> options,
    IHostApplicationLifetime lifetime) : DenoiserService.DenoiserServiceBase
{
    public override Task<PredictNoiseResponse> PredictNoise(PredictNoiseRequest request, ServerCallContext context) =>
        prediction.PredictAsync(request, continuesOnWorker: false, context.CancellationToken);

    public override Task PredictNoiseStream(
        IAsyncStreamReader<PredictNoiseStreamRequest> requestStream,
        IServerStreamWriter<PredictNoiseStreamResponse> responseStream,
        ServerCallContext context) =>
        new NoiseStream(streamed, options.Value.MaxRequestsPerStream)
            .RunAsync(requestStream, responseStream, lifetime.ApplicationStopping, context.CancellationToken);

    public override Task<PredictNoiseProductResponse> PredictNoiseProduct(PredictNoiseProductRequest request, ServerCallContext context) =>
        products.PredictAsync(request, context.CancellationToken);

    public override Task<GetDenoiserInfoResponse> GetDenoiserInfo(GetDenoiserInfoRequest request, ServerCallContext context) =>
        Task.FromResult(new GetDenoiserInfoResponse
        {
            Evaluation = prediction.Evaluation,
            Device = engine.Device,
            MaxBatchRows = engine.MaxBatchRows,
            QueuedRows = scheduler.WaitingRows,
            LoadedVersions = { networks.LoadedVersions },
        });
}
