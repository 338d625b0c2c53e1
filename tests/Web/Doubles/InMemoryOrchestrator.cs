using Ddpm.Protocol;
using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Web.Tests.Doubles;

/// <summary>An Orchestrator in memory: it keeps jobs, answers as the contract says, and lets a test make things happen.</summary>
internal sealed class InMemoryOrchestrator : OrchestratorService.OrchestratorServiceClient
{
    private readonly TaskCompletionSource _watched = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Dictionary<string, Job> Jobs { get; } = [];

    public List<Sampler> Samplers { get; } = [Samples.Ddim(), Samples.Ddpm()];

    public Dictionary<(string Job, int Trajectory), List<FrameInfo>> Frames { get; } = [];

    public Dictionary<string, byte[]> Images { get; } = [];

    public List<SubmitJobRequest> Submitted { get; } = [];

    public List<ListJobsRequest> Listed { get; } = [];

    /// <summary>First event asked for by each watch.</summary>
    public List<long> WatchedFrom { get; } = [];

    /// <summary>The newest watch.</summary>
    public EventStream<WatchJobResponse>? Events { get; private set; }

    /// <summary>Fails every call while set.</summary>
    public RpcException? Failure { get; set; }

    /// <summary>Refuses submissions while set.</summary>
    public RpcException? Refusal { get; set; }

    /// <summary>Told of each job that is accepted, before it is answered.</summary>
    public Action<Job> Accepted { get; set; } = _ => { };

    /// <summary>Ends once somebody watches.</summary>
    public Task Watched => _watched.Task;

    /// <summary>Changes a job and sends the event that says so.</summary>
    public void Happen(Job job, Action<JobEvent> kind)
    {
        job.LastEvent++;
        var happened = new JobEvent { Number = job.LastEvent, Job = job.Clone() };
        kind(happened);
        Events?.Send(new WatchJobResponse { Event = happened });
    }

    public void Progress(Job job, int step, params byte[][] previews)
    {
        job.StepsDone = step;
        job.Evaluations = (long)step * job.Spec.Count;
        var progress = new Progress
        {
            StepsDone = step,
            Timestep = 1000 - step,
            Evaluations = job.Evaluations,
            TimeLeft = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromSeconds(job.Spec.Steps - step)),
        };
        for (var k = 0; k < previews.Length; k++)
            progress.Previews.Add(new Preview { Trajectory = k, Step = step, Png = Google.Protobuf.ByteString.CopyFrom(previews[k]) });
        Happen(job, happened => happened.Progress = progress);
    }

    public void Finish(Job job, JobState state)
    {
        job.State = state;
        Happen(job, happened => happened.StateChanged = new StateChanged());
    }

    public override AsyncUnaryCall<SubmitJobResponse> SubmitJobAsync(SubmitJobRequest request, CallOptions options) => Answer(() =>
    {
        Submitted.Add(request);
        if (Refusal is not null)
            throw Refusal;
        var job = Samples.Job(request.Spec.Clone());
        Jobs.Add(job.Id, job);
        Accepted(job);
        return new SubmitJobResponse { Job = job.Clone() };
    });

    public override AsyncUnaryCall<GetJobResponse> GetJobAsync(GetJobRequest request, CallOptions options) =>
        Answer(() => new GetJobResponse { Job = Find(request.JobId).Clone() });

    public override AsyncUnaryCall<ListJobsResponse> ListJobsAsync(ListJobsRequest request, CallOptions options) => Answer(() =>
    {
        Listed.Add(request.Clone());
        var matching = Jobs.Values
            .Where(job => request.States.Count == 0 || request.States.Contains(job.State))
            .Where(job => request.Model.Length == 0 || request.Model == job.Spec.Model)
            .OrderByDescending(job => job.CreatedAt)
            .ToList();
        var skipped = request.PageToken.Length == 0 ? 0 : int.Parse(request.PageToken);
        var response = new ListJobsResponse { TotalCount = matching.Count };
        response.Jobs.Add(matching.Skip(skipped).Take(request.PageSize));
        if (skipped + request.PageSize < matching.Count)
            response.NextPageToken = $"{skipped + request.PageSize}";
        return response;
    });

    public override AsyncServerStreamingCall<WatchJobResponse> WatchJob(WatchJobRequest request, CallOptions options)
    {
        Events = new EventStream<WatchJobResponse>();
        WatchedFrom.Add(request.FromEvent);
        _watched.TrySetResult();
        return Calls.Stream(Events);
    }

    public override AsyncUnaryCall<CancelJobResponse> CancelJobAsync(CancelJobRequest request, CallOptions options) => Answer(() =>
    {
        var job = Find(request.JobId);
        job.State = JobState.Cancelled;
        return new CancelJobResponse { Job = job.Clone() };
    });

    public override AsyncUnaryCall<DeleteJobResponse> DeleteJobAsync(DeleteJobRequest request, CallOptions options) => Answer(() =>
    {
        Jobs.Remove(Find(request.JobId).Id);
        return new DeleteJobResponse();
    });

    public override AsyncUnaryCall<ListSamplersResponse> ListSamplersAsync(ListSamplersRequest request, CallOptions options) =>
        Answer(() => new ListSamplersResponse { Samplers = { Samplers } });

    public override AsyncUnaryCall<ListFramesResponse> ListFramesAsync(ListFramesRequest request, CallOptions options) =>
        Answer(() => Frames.TryGetValue((request.JobId, request.Trajectory), out var frames)
            ? new ListFramesResponse { Frames = { frames } }
            : throw RpcErrors.NotFound("no such trajectory"));

    public override AsyncUnaryCall<GetImageResponse> GetImageAsync(GetImageRequest request, CallOptions options) =>
        Answer(() => new GetImageResponse { Png = Image($"{request.JobId}/{request.Trajectory}") });

    public override AsyncUnaryCall<GetImageGridResponse> GetImageGridAsync(GetImageGridRequest request, CallOptions options) =>
        Answer(() => new GetImageGridResponse { Png = Image($"{request.JobId}/grid") });

    public override AsyncUnaryCall<GetFrameResponse> GetFrameAsync(GetFrameRequest request, CallOptions options) =>
        Answer(() => new GetFrameResponse
        {
            NoisyPng = Image($"{request.JobId}/{request.Trajectory}/{request.Step}/noisy"),
            DenoisedPng = request.Step == 0 ? Google.Protobuf.ByteString.Empty : Image($"{request.JobId}/{request.Trajectory}/{request.Step}/denoised"),
        });

    /// <summary>Pictures that went into jobs, by hash.</summary>
    public Dictionary<string, Tensor> Inputs { get; } = [];

    /// <summary>What was asked last of how likely an image is.</summary>
    public MeasureLikelihoodRequest? Measured { get; private set; }

    /// <summary>What that is answered with.</summary>
    public EventStream<MeasureLikelihoodResponse> Likelihoods { get; set; } = new();

    public override AsyncUnaryCall<GetInputImageResponse> GetInputImageAsync(GetInputImageRequest request, CallOptions options) =>
        Answer(() => Inputs.TryGetValue(request.Input.Sha256, out var pixels)
            ? new GetInputImageResponse { Pixels = pixels, Png = Google.Protobuf.ByteString.CopyFrom(1, 2, 3) }
            : throw RpcErrors.NotFound("no such picture"));

    public override AsyncServerStreamingCall<MeasureLikelihoodResponse> MeasureLikelihood(MeasureLikelihoodRequest request, CallOptions options)
    {
        Measured = request;
        return Calls.Stream(Likelihoods);
    }

    private AsyncUnaryCall<T> Answer<T>(Func<T> answer) => Calls.Answer(answer, Failure);

    private Job Find(string id) => Jobs.TryGetValue(id, out var job) ? job : throw RpcErrors.NotFound($"There is no job {id}.");

    private Google.Protobuf.ByteString Image(string key) =>
        Images.TryGetValue(key, out var png) ? Google.Protobuf.ByteString.CopyFrom(png) : throw RpcErrors.NotFound("no such image");
}
