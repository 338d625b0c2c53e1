using Ddpm.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Ddpm.Cli.Tests.Fakes;

/// <summary>Runs every job in one step an event, up to <see cref="HoldAtStep"/>, where it waits to be cancelled.</summary>
internal sealed class FakeOrchestrator : OrchestratorService.OrchestratorServiceBase
{
    public const string JobId = "0199aaaa-0000-7000-8000-000000000001";

    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public List<SubmitJobRequest> Submitted { get; } = [];

    public List<ListJobsRequest> Listed { get; } = [];

    public List<string> Deleted { get; } = [];

    /// <summary>Thrown by every call when set.</summary>
    public RpcException? Failure { get; set; }

    /// <summary>Thrown by SubmitJob when set.</summary>
    public RpcException? Refusal { get; set; }

    /// <summary>State that jobs end in.</summary>
    public JobState Ending { get; set; } = JobState.Succeeded;

    /// <summary>Step that the job does not get beyond; null: it runs through.</summary>
    public int? HoldAtStep { get; set; }

    /// <summary>Jobs that ListJobs pages through.</summary>
    public List<Job> Jobs { get; } = [];

    /// <summary>Completes when a watcher has seen the step that the job holds at.</summary>
    public Task Held => _held.Task;

    public static byte[] ImageOf(int trajectory) => [0x89, (byte)'P', (byte)'N', (byte)'G', (byte)trajectory];

    public static byte[] Grid => [0x89, (byte)'P', (byte)'N', (byte)'G', 0xFF];

    public override Task<SubmitJobResponse> SubmitJob(SubmitJobRequest request, ServerCallContext context)
    {
        ThrowIfFailing();
        if (Refusal is not null)
            throw Refusal;
        lock (Submitted)
            Submitted.Add(request);
        return Task.FromResult(new SubmitJobResponse { Job = JobAt(JobState.Queued, 0) });
    }

    public override async Task WatchJob(WatchJobRequest request, IServerStreamWriter<WatchJobResponse> responseStream, ServerCallContext context)
    {
        ThrowIfFailing();
        var number = 0L;
        var steps = Submitted[^1].Spec.Steps;
        Task SendAsync(JobState state, int step, bool isProgress)
        {
            var jobEvent = new JobEvent { Number = ++number, Job = JobAt(state, step) };
            if (isProgress)
                jobEvent.Progress = new Progress { StepsDone = step, TimeLeft = Duration.FromTimeSpan(TimeSpan.FromSeconds(steps - step)) };
            else
                jobEvent.StateChanged = new StateChanged();
            return responseStream.WriteAsync(new WatchJobResponse { Event = jobEvent }, context.CancellationToken);
        }

        await SendAsync(JobState.Running, 0, isProgress: false);
        for (var step = 1; step <= steps; step++)
        {
            await SendAsync(JobState.Running, step, isProgress: true);
            if (step == HoldAtStep)
            {
                _held.TrySetResult();
                await _cancelled.Task.WaitAsync(context.CancellationToken);
                await SendAsync(JobState.Cancelled, step, isProgress: false);
                return;
            }
        }
        await SendAsync(Ending, steps, isProgress: false);
    }

    public override Task<GetJobResponse> GetJob(GetJobRequest request, ServerCallContext context)
    {
        ThrowIfFailing();
        return Task.FromResult(new GetJobResponse { Job = JobAt(Ending, 3) });
    }

    public override Task<ListJobsResponse> ListJobs(ListJobsRequest request, ServerCallContext context)
    {
        ThrowIfFailing();
        Listed.Add(request.Clone());
        var start = request.PageToken.Length == 0 ? 0 : int.Parse(request.PageToken);
        var page = Jobs.Skip(start).Take(request.PageSize).ToList();
        var end = start + page.Count;
        return Task.FromResult(new ListJobsResponse
        {
            Jobs = { page },
            NextPageToken = end < Jobs.Count ? $"{end}" : "",
            TotalCount = Jobs.Count,
        });
    }

    public override Task<CancelJobResponse> CancelJob(CancelJobRequest request, ServerCallContext context)
    {
        ThrowIfFailing();
        _cancelled.TrySetResult();
        return Task.FromResult(new CancelJobResponse { Job = JobAt(JobState.Cancelled, HoldAtStep ?? 0) });
    }

    public override Task<DeleteJobResponse> DeleteJob(DeleteJobRequest request, ServerCallContext context)
    {
        ThrowIfFailing();
        lock (Deleted)
            Deleted.Add(request.JobId);
        return Task.FromResult(new DeleteJobResponse());
    }

    public override Task<GetImageResponse> GetImage(GetImageRequest request, ServerCallContext context) =>
        Task.FromResult(new GetImageResponse { Png = ByteString.CopyFrom(ImageOf(request.Trajectory)) });

    public override Task<GetImageGridResponse> GetImageGrid(GetImageGridRequest request, ServerCallContext context) =>
        Task.FromResult(new GetImageGridResponse { Png = ByteString.CopyFrom(Grid) });

    public override Task<ListSamplersResponse> ListSamplers(ListSamplersRequest request, ServerCallContext context)
    {
        ThrowIfFailing();
        return Task.FromResult(new ListSamplersResponse
        {
            Samplers =
            {
                new Sampler
                {
                    Name = "ddim", Title = "DDIM", Summary = "Few steps.", Paper = "Song et al. 2021", DefaultSteps = 50, MaxSteps = 1000,
                    Options =
                    {
                        new SamplerOption { Name = "eta", Help = "Noise.", Number = new NumberOption { Maximum = 1, Step = 0.1 } },
                        new SamplerOption
                        {
                            Name = "spacing", Help = "Where the steps lie.",
                            Choice = new ChoiceOption { DefaultValue = "uniform", Choices = { new Choice { Value = "uniform" }, new Choice { Value = "quadratic" } } },
                        },
                        new SamplerOption { Name = "clip", Help = "Clips.", Flag = new FlagOption { DefaultValue = true } },
                    },
                },
                new Sampler { Name = "vp-sde", Title = "VP-SDE", DefaultSteps = 500, MaxSteps = 5000 },
            },
        });
    }

    private Job JobAt(JobState state, int step) => new()
    {
        Id = JobId,
        Spec = Submitted.Count > 0 ? Submitted[^1].Spec : new JobSpec { Model = "fashion-mnist", Sampler = "ddim", Steps = 3, Count = 2 },
        State = state,
        StepsDone = step,
        Evaluations = step * 2,
        Error = state is JobState.Failed ? "the weights are corrupt" : "",
    };

    private void ThrowIfFailing()
    {
        if (Failure is not null)
            throw Failure;
    }
}
