using Ddpm.Denoiser.OpenInference;
using Ddpm.Hosting;
using Grpc.Core;
using Microsoft.AspNetCore.Authorization;

namespace Ddpm.Denoiser;

/// <summary>The Open Inference Protocol's <c>GRPCInferenceService</c>.</summary>
internal sealed class InferenceGrpcService(
    ModelInference inference, ModelLookup models, NoisePrediction prediction, IHostApplicationLifetime lifetime)
    : GRPCInferenceService.GRPCInferenceServiceBase
{
    // Whoever watches over processes has no key, as with grpc.health.v1.
    [AllowAnonymous]
    public override Task<ServerLiveResponse> ServerLive(ServerLiveRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerLiveResponse { Live = true });

    [AllowAnonymous]
    public override Task<ServerReadyResponse> ServerReady(ServerReadyRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerReadyResponse { Ready = !lifetime.ApplicationStopping.IsCancellationRequested });

    public override async Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context)
    {
        ModelLookup.ThrowIfImpossible(request.Name, request.Version);
        try
        {
            var version = await models.ResolveIdAsync(request.Name, request.Version, context.CancellationToken);
            using var lease = await prediction.LeaseAsync(request.Name, version, context.CancellationToken);
            return new ModelReadyResponse { Ready = true };
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.NotFound or StatusCode.DataLoss or StatusCode.FailedPrecondition)
        {
            return new ModelReadyResponse { Ready = false };
        }
    }

    public override Task<ServerMetadataResponse> ServerMetadata(ServerMetadataRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerMetadataResponse
        {
            Name = "ddpm-denoiser",
            Version = typeof(InferenceGrpcService).Assembly.GetName().Version!.ToString(3),
        });

    public override async Task<ModelMetadataResponse> ModelMetadata(ModelMetadataRequest request, ServerCallContext context)
    {
        ModelLookup.ThrowIfImpossible(request.Name, request.Version);
        var version = await models.ResolveAsync(request.Name, request.Version, context.CancellationToken);
        return new ModelMetadataResponse
        {
            Name = version.Model,
            Versions = { await models.VersionsAsync(version.Model, context.CancellationToken) },
            Platform = "ddpm_unet",
            Inputs = { ModelSignature.InputsOf(version.Description) },
            Outputs = { ModelSignature.OutputsOf(version.Description) },
        };
    }

    public override Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context) =>
        inference.InferAsync(request, Tenant.Of(context), context.CancellationToken);
}
