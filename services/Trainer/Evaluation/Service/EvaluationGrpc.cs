using System.Threading.Channels;
using Ddpm.Networks;
using Ddpm.Protocol;
using Ddpm.Storage.Models;
using Ddpm.Trainer.Data;
using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Trainer.Evaluation;

/// <summary>The contract of evaluation: validate, call one thing, map its failures.</summary>
internal sealed class EvaluationGrpc(SampleEvaluation samples, BoundEvaluation bounds, IModelRegistry models) : EvaluationService.EvaluationServiceBase
{
    private const int MostJobs = 1000;
    private const int MostImages = 100_000;
    private const int MostReferences = 1_000_000;
    private const int ProgressEvery = 16;
    private const int ProgressParts = 1000;

    public override async Task<GetFeaturesResponse> GetFeatures(GetFeaturesRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        if (request.SampleShape.Count != 3 || request.SampleShape.Any(extent => extent < 1))
            violations.Add("sample_shape", $"must be channels, height and width, each at least 1; is [{string.Join(", ", request.SampleShape)}]");
        CheckFeatures(violations, request.Features);
        violations.ThrowIfAny();
        return await GuardAsync("sample_shape", () => Task.FromResult(new GetFeaturesResponse { Features = samples.FeaturesFor(request, context.CancellationToken) }));
    }

    public override async Task EvaluateJobs(EvaluateJobsRequest request, IServerStreamWriter<EvaluateJobsResponse> responseStream, ServerCallContext context)
    {
        var violations = new Violations();
        if (request.JobIds.Count is < 1 or > MostJobs)
            violations.Add("job_ids", $"must be 1 to {MostJobs} jobs, are {request.JobIds.Count}");
        if (request.ReferenceCount is not 0 and (< 4 or > MostReferences))
            violations.Add("reference_count", $"must be 4 to {MostReferences}, or 0 for 10000; is {request.ReferenceCount}");
        CheckFeatures(violations, request.Features);
        if (request.Seed < 0)
            violations.Add("seed", $"must be at least 0, is {request.Seed}");
        violations.ThrowIfAny();
        var measurement = await GuardAsync("job_ids", () => samples.RunAsync(
            request,
            (done, total) => done % ProgressEvery == 0 || done == total
                ? responseStream.WriteAsync(new EvaluateJobsResponse { Progress = new MeasurementProgress { Done = done, Total = total } }, context.CancellationToken)
                : Task.CompletedTask,
            context.CancellationToken));
        await responseStream.WriteAsync(new EvaluateJobsResponse { Measurement = measurement }, context.CancellationToken);
    }

    public override async Task MeasureBound(MeasureBoundRequest request, IServerStreamWriter<MeasureBoundResponse> responseStream, ServerCallContext context)
    {
        var violations = new Violations();
        if (request.Count is < 0 or > MostImages)
            violations.Add("count", $"must be 1 to {MostImages}, or 0 for 100; is {request.Count}");
        if (request.Every < 0)
            violations.Add("every", $"must be at least 1, or 0 for 50; is {request.Every}");
        if (request.Seed < 0)
            violations.Add("seed", $"must be at least 0, is {request.Seed}");
        violations.ThrowIfAny();
        var version = await models.ResolveAsync(request.Model, request.Version, context.CancellationToken)
            ?? throw RpcErrors.NotFound($"There is no version '{request.Version}' of a model '{request.Model}'.");
        // Only the newest figure is sent, so that a slow reader costs nothing.
        var progress = Channel.CreateBounded<double>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        var measuring = MeasureAsync();
        await foreach (var part in progress.Reader.ReadAllAsync(context.CancellationToken))
            await responseStream.WriteAsync(new MeasureBoundResponse { Progress = new MeasurementProgress { Done = (int)(ProgressParts * part), Total = ProgressParts } }, context.CancellationToken);
        await responseStream.WriteAsync(new MeasureBoundResponse { Measurement = await measuring }, context.CancellationToken);

        async Task<Measurement> MeasureAsync()
        {
            try
            {
                return await GuardAsync("data_set", () => bounds.RunAsync(version, request, new ChannelProgress(progress.Writer), context.CancellationToken));
            }
            finally
            {
                progress.Writer.Complete();
            }
        }
    }

    private static void CheckFeatures(Violations violations, string features)
    {
        if (!FeatureNetworks.IsName(features))
            violations.Add("features", $"must be '{FeatureNetworks.Classifier}', '{FeatureNetworks.Inception}' or empty, is '{features}'");
    }

    private static async Task<T> GuardAsync<T>(string field, Func<Task<T>> measure)
    {
        try
        {
            return await measure();
        }
        catch (Exception e) when (e is FeaturesMissingException or InvalidDataException or ModelCorruptException or CheckpointException or InvalidConfigException)
        {
            throw RpcErrors.FailedPrecondition(e.Message);
        }
        catch (DataSetNotFoundException e)
        {
            throw RpcErrors.NotFound($"There is no such data set: the name {e.Message}.");
        }
        catch (ArgumentException e)
        {
            throw RpcErrors.Invalid(field, e.Message);
        }
    }

    private sealed class ChannelProgress(ChannelWriter<double> writer) : IProgress<double>
    {
        public void Report(double value) => writer.TryWrite(value);
    }
}
