using Ddpm.Denoiser.OpenInference;
using Ddpm.Storage.Models;

namespace Ddpm.Denoiser.Tests.Fuzzing;

/// <summary>The Open Inference Protocol's <c>GRPCInferenceService</c> for the fuzz.</summary>
internal static class InferenceFuzzing
{
    public static FuzzedService Service(StoredVersion golden, StoredVersion conditional)
    {
        (string Rpc, Seed Seed)[] seeds =
        [
            (nameof(GRPCInferenceService.GRPCInferenceServiceClient.ModelReady), new Seed(new ModelReadyRequest { Name = golden.Model })),
            (nameof(GRPCInferenceService.GRPCInferenceServiceClient.ModelMetadata), new Seed(new ModelMetadataRequest { Name = golden.Model, Version = golden.Version })),
            .. Requests(golden, conditional).Select(request => (nameof(GRPCInferenceService.GRPCInferenceServiceClient.ModelInfer), new Seed(request))),
        ];
        return new FuzzedService(GRPCInferenceService.Descriptor, seeds.ToLookup(seed => seed.Rpc, seed => seed.Seed), new Dictionary<string, StreamMatching>());
    }

    private static IEnumerable<ModelInferRequest> Requests(StoredVersion golden, StoredVersion conditional)
    {
        yield return InferRequests.OfGoldenRows(golden, raw: true, 0);
        yield return InferRequests.OfGoldenRows(golden, raw: false, 1, 2);
        yield return InferRequests.OfGoldenRows(conditional, raw: true, 0, 1)
            .With("class_labels", "INT64", [2], new long[] { 0, 2 }, raw: true)
            .With("guidance_scale", "FP32", [1], new[] { 3f }, raw: true);
    }
}
