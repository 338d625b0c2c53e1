using Ddpm.Hosting;
using Ddpm.Imaging;
using Ddpm.Orchestrator.Editing;
using Ddpm.Orchestrator.Jobs;
using Ddpm.Orchestrator.Likelihood;
using Ddpm.Orchestrator.Sampling;
using Ddpm.Orchestrator.Trajectories;
using Ddpm.Protocol;
using Ddpm.Storage;
using Ddpm.Storage.Jobs;
using Ddpm.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Ddpm.Orchestrator;

/// <summary>The Orchestrator's contract: validate, call one thing, map the answer.</summary>
internal sealed class OrchestratorGrpc(
    JobSubmission submission,
    IJobDatabase database,
    JobGrains grains,
    TrajectoryStore trajectories,
    InputImages inputs,
    LikelihoodMeasurement likelihood,
    IHostApplicationLifetime lifetime) : OrchestratorService.OrchestratorServiceBase
{
    private const int DefaultPageSize = 20;
    private const int MaximumPageSize = 100;

    // Of noise, from black to white.
    private const float ShownDeviations = 3;

    public override async Task<SubmitJobResponse> SubmitJob(SubmitJobRequest request, ServerCallContext context) =>
        new() { Job = await submission.SubmitAsync(request, Tenant.Of(context), context.CancellationToken) };

    public override async Task<GetJobResponse> GetJob(GetJobRequest request, ServerCallContext context) =>
        new() { Job = await FindJobAsync(request.JobId, context) };

    public override async Task<ListJobsResponse> ListJobs(ListJobsRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        if (request.PageSize is < 0 or > MaximumPageSize)
            violations.Add("page_size", $"must be 1 to {MaximumPageSize}, or 0 for {DefaultPageSize}; is {request.PageSize}");
        if (request.States.Any(state => state is < JobState.Queued or > JobState.Cancelled))
            violations.Add("states", "must be states of a job");
        var before = request.PageToken.Length == 0 ? null : PageToken.TryRead(request.PageToken);
        if (before is null && request.PageToken.Length > 0)
            violations.Add("page_token", "must be the next_page_token of an earlier answer");
        violations.ThrowIfAny();

        var size = request.PageSize == 0 ? DefaultPageSize : request.PageSize;
        var filter = new JobFilter([.. request.States.Distinct().Select(JobStates.ToStatus)], request.Model, request.Sampler);
        var page = await database.PageAsync(filter, before, size + 1, context.CancellationToken);
        return new ListJobsResponse
        {
            Jobs = { page.Take(size).Select(record => Job.Parser.ParseFrom(record.Job)) },
            NextPageToken = page.Count > size ? PageToken.After(page[size - 1].Id) : "",
            TotalCount = await database.CountAsync(filter, context.CancellationToken),
        };
    }

    public override async Task WatchJob(WatchJobRequest request, IServerStreamWriter<WatchJobResponse> responseStream, ServerCallContext context)
    {
        if (request.FromEvent < 0)
            throw RpcErrors.Invalid("from_event", $"must be at least 1, or 0 for 1; is {request.FromEvent}");
        await FindAsync(request.JobId, context);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        await foreach (var happened in grains.WatchAsync(request.JobId, request.FromEvent, ending.Token))
            await responseStream.WriteAsync(new WatchJobResponse { Event = happened }, ending.Token);
    }

    public override async Task<CancelJobResponse> CancelJob(CancelJobRequest request, ServerCallContext context)
    {
        await FindAsync(request.JobId, context);
        await grains.CancelAsync(request.JobId, context.CancellationToken);
        return new CancelJobResponse { Job = await FindJobAsync(request.JobId, context) };
    }

    public override async Task<DeleteJobResponse> DeleteJob(DeleteJobRequest request, ServerCallContext context)
    {
        await FindAsync(request.JobId, context);
        if (!await grains.DeleteAsync(request.JobId, context.CancellationToken))
            throw RpcErrors.FailedPrecondition($"Job {request.JobId} has not ended: cancel it first.");
        return new DeleteJobResponse();
    }

    public override async Task<GetImageResponse> GetImage(GetImageRequest request, ServerCallContext context)
    {
        await FindTrajectoryAsync(request.JobId, request.Trajectory, context);
        var png = await ReadAsync(request.JobId, folder => trajectories.ReadImageAsync(folder, request.Trajectory, context.CancellationToken), context)
            ?? throw RpcErrors.NotFound($"Trajectory {request.Trajectory} of job {request.JobId} has no finished image.");
        return new GetImageResponse { Png = UnsafeByteOperations.UnsafeWrap(png) };
    }

    public override async Task<GetImageGridResponse> GetImageGrid(GetImageGridRequest request, ServerCallContext context)
    {
        await FindAsync(request.JobId, context);
        var png = await ReadAsync(request.JobId, folder => trajectories.ReadGridAsync(folder, context.CancellationToken), context)
            ?? throw RpcErrors.NotFound($"Job {request.JobId} has no finished images.");
        return new GetImageGridResponse { Png = UnsafeByteOperations.UnsafeWrap(png) };
    }

    public override async Task<GetInputImageResponse> GetInputImage(GetInputImageRequest request, ServerCallContext context)
    {
        var pixels = await inputs.FindAsync(request.Input, context.CancellationToken)
            ?? throw RpcErrors.NotFound($"There is no picture '{request.Input?.Sha256}' of a job '{request.Input?.JobId}'.");
        int[] shape = [.. pixels.Shape.Select(extent => (int)extent)];
        return new GetInputImageResponse
        {
            Pixels = pixels,
            Png = UnsafeByteOperations.UnsafeWrap(PngEncoder.Encode(TensorCodec.Decode(pixels), shape.Length == 2 ? [1, .. shape] : shape)),
        };
    }

    public override async Task<ListFramesResponse> ListFrames(ListFramesRequest request, ServerCallContext context)
    {
        await FindTrajectoryAsync(request.JobId, request.Trajectory, context);
        var record = await ReadAsync(request.JobId, folder => trajectories.ReadAsync(folder, request.Trajectory, context.CancellationToken), context);
        return new ListFramesResponse { Frames = { (record?.Frames ?? []).Select(frame => new FrameReadings(frame).Info) } };
    }

    public override async Task<GetFrameResponse> GetFrame(GetFrameRequest request, ServerCallContext context)
    {
        var job = await FindTrajectoryAsync(request.JobId, request.Trajectory, context);
        var record = await ReadAsync(request.JobId, folder => trajectories.ReadAsync(folder, request.Trajectory, context.CancellationToken), context);
        var frame = record?.Frames.FirstOrDefault(f => f.Step == request.Step)
            ?? throw RpcErrors.NotFound($"Trajectory {request.Trajectory} of job {request.JobId} kept no frame of step {request.Step}.");
        var readings = new FrameReadings(frame);
        return new GetFrameResponse
        {
            Info = readings.Info,
            NoisyPng = UnsafeByteOperations.UnsafeWrap(PngEncoder.Encode(Float32Bytes.ToFloats(frame.X), job.SampleShape)),
            DenoisedPng = frame.Denoised.IsEmpty
                ? ByteString.Empty
                : UnsafeByteOperations.UnsafeWrap(PngEncoder.Encode(Float32Bytes.ToFloats(frame.Denoised), job.SampleShape)),
            NoisePng = readings.Noise is null
                ? ByteString.Empty
                : UnsafeByteOperations.UnsafeWrap(PngEncoder.Encode(Array.ConvertAll(readings.Noise, value => value / ShownDeviations), job.SampleShape)),
        };
    }

    public override Task MeasureLikelihood(
        MeasureLikelihoodRequest request, IServerStreamWriter<MeasureLikelihoodResponse> responseStream, ServerCallContext context) =>
        likelihood.RunAsync(request, Tenant.Of(context), response => responseStream.WriteAsync(response, context.CancellationToken), context.CancellationToken);

    public override Task<ListSamplersResponse> ListSamplers(ListSamplersRequest request, ServerCallContext context) =>
        Task.FromResult(SamplerContract.All());

    private async Task<JobRecord> FindAsync(string jobId, ServerCallContext context) =>
        (RecordId.IsValid(jobId) ? await database.FindAsync(jobId, context.CancellationToken) : null)
            ?? throw RpcErrors.NotFound($"There is no job '{jobId}'.");

    private async Task<Job> FindJobAsync(string jobId, ServerCallContext context) => Job.Parser.ParseFrom((await FindAsync(jobId, context)).Job);

    /// <summary>Reads a record of the stretch that counts, also where another one begins to count in between.</summary>
    private async Task<T?> ReadAsync<T>(string jobId, Func<StretchFolder, Task<T?>> read, ServerCallContext context)
        where T : class
    {
        var folder = StretchFolder.Of(await FindAsync(jobId, context));
        while (true)
        {
            if (await read(folder) is { } found)
                return found;
            var now = StretchFolder.Of(await FindAsync(jobId, context));
            if (now == folder)
                return null;
            folder = now;
        }
    }

    private async Task<Job> FindTrajectoryAsync(string jobId, int trajectory, ServerCallContext context)
    {
        var job = await FindJobAsync(jobId, context);
        return trajectory >= 0 && trajectory < job.Spec.Count
            ? job
            : throw RpcErrors.NotFound($"Job {jobId} has trajectories 0 to {job.Spec.Count - 1}, not {trajectory}.");
    }
}
