using Ddpm.Protocol;
using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Cli.Tests.Fakes;

/// <summary>Answers every evaluation with a Fréchet distance of 12.5.</summary>
internal sealed class FakeEvaluation : EvaluationService.EvaluationServiceBase
{
    public List<EvaluateJobsRequest> Evaluated { get; } = [];

    /// <summary>Why no features are known; null: they are.</summary>
    public string? FeaturesMissing { get; set; }

    public override Task<GetFeaturesResponse> GetFeatures(GetFeaturesRequest request, ServerCallContext context) =>
        FeaturesMissing is null ? Task.FromResult(new GetFeaturesResponse { Features = "fake" }) : throw RpcErrors.FailedPrecondition(FeaturesMissing);

    public override async Task EvaluateJobs(EvaluateJobsRequest request, IServerStreamWriter<EvaluateJobsResponse> responseStream, ServerCallContext context)
    {
        Evaluated.Add(request);
        await responseStream.WriteAsync(new EvaluateJobsResponse { Progress = new MeasurementProgress { Done = 1, Total = 2 } });
        await responseStream.WriteAsync(new EvaluateJobsResponse
        {
            Measurement = new Measurement
            {
                DataSet = request.DataSet,
                Samples = new SampleMeasurement { Sampler = "ddim", Steps = 3, Count = 70, FrechetDistance = 12.5, HalvesDistance = 6, HalfCount = 1000, ReferenceCount = 10000, Features = "fake", GuidanceScale = 1 },
            },
        });
    }
}
