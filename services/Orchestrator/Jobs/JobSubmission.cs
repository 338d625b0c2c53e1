using Ddpm.Orchestrator.Editing;
using Ddpm.Protocol;
using Ddpm.Storage;
using Ddpm.Storage.Jobs;
using Ddpm.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Options;

namespace Ddpm.Orchestrator.Jobs;

/// <summary>Takes a job: resolves and validates it, writes it down, and only then starts it and answers.</summary>
internal sealed partial class JobSubmission(
    JobPlanner planner,
    InputImages images,
    IJobDatabase database,
    JobGrains grains,
    IOptions<OrchestratorOptions> options,
    TimeProvider time,
    ILogger<JobSubmission> logger)
{
    private const int MaximumRequestIdLength = 128;

    private static readonly TimeSpan RetryWhenFull = TimeSpan.FromSeconds(10);

    /// <param name="request">What is asked for.</param>
    /// <param name="tenant">Who asks.</param>
    /// <param name="cancellationToken">Gives up before the job is written down.</param>
    /// <exception cref="Grpc.Core.RpcException">As <c>OrchestratorService.SubmitJob</c> says.</exception>
    public async Task<Job> SubmitAsync(SubmitJobRequest request, string tenant, CancellationToken cancellationToken)
    {
        if (request.RequestId.Length > MaximumRequestIdLength)
            throw RpcErrors.Invalid("request_id", $"must have at most {MaximumRequestIdLength} characters, has {request.RequestId.Length}");
        if (!System.Enum.IsDefined(request.Priority))
            throw RpcErrors.Invalid("priority", $"must be INTERACTIVE or BULK, or unset for INTERACTIVE; is {(int)request.Priority}");
        var asked = request.Spec ?? throw RpcErrors.Invalid("spec", "must be set");
        var (spec, inputs) = await images.TakeAsync(asked, cancellationToken);
        var plan = await planner.PlanAsync(spec, inputs, cancellationToken);
        await RefuseWhenFullAsync(cancellationToken);

        var (record, submitted) = Prepare(request, spec, tenant, plan);
        await images.KeepAsync(record.Id, inputs, cancellationToken);
        var (job, isNew) = await database.AddAsync(record, submitted, cancellationToken);
        if (!isNew)
            await images.ForgetAsync(record.Id, inputs, cancellationToken);
        if (!isNew && !JobSpec.Parser.ParseFrom(job.Spec).Equals(spec))
            throw RpcErrors.AlreadyExists($"request_id '{request.RequestId}' was used for a different job, {job.Id}.");
        await StartAsync(job.Id);
        return Job.Parser.ParseFrom(job.Job);
    }

    /// <summary>What is written down is sure to run: a job whose replica is away at this moment is taken up with those that it left.</summary>
    private async Task StartAsync(string jobId)
    {
        try
        {
            await grains.StartAsync(jobId);
        }
        catch (Exception e)
        {
            LogNotStarted(logger, jobId, e.Message);
        }
    }

    private async Task RefuseWhenFullAsync(CancellationToken cancellationToken)
    {
        var unfinished = await database.CountAsync(new JobFilter([JobStatus.Queued, JobStatus.Running], "", ""), cancellationToken);
        if (unfinished >= options.Value.MaxUnfinishedJobs)
            throw RpcErrors.ResourceExhausted($"{unfinished} jobs are waiting or running, the most that are taken.", RetryWhenFull);
    }

    private (JobRecord Record, JobEventRecord Submitted) Prepare(SubmitJobRequest request, JobSpec asked, string tenant, JobPlan plan)
    {
        var now = time.GetUtcNow();
        var job = new Job
        {
            Id = RecordId.Next(time),
            Spec = plan.Spec,
            State = JobState.Queued,
            CreatedAt = Timestamp.FromDateTimeOffset(now),
            LastEvent = 1,
            SampleShape = { plan.SampleShape },
            ClassNames = { plan.ClassNames },
            Priority = request.Priority == Priority.Bulk ? Priority.Bulk : Priority.Interactive,
            Tenant = tenant,
            TotalSteps = plan.Sampler.Steps,
        };
        var submitted = new JobEvent { Number = 1, Time = job.CreatedAt, Job = job, StateChanged = new StateChanged() };
        var record = new JobRecord
        {
            Id = job.Id,
            RequestId = request.RequestId.Length == 0 ? null : request.RequestId,
            Model = plan.Spec.Model,
            Sampler = plan.Spec.Sampler,
            Status = JobStatus.Queued,
            LastEvent = job.LastEvent,
            Spec = asked.ToByteArray(),
            Job = job.ToByteArray(),
        };
        return (record, JobLog.ToRecord(submitted));
    }

    [LoggerMessage(1, LogLevel.Warning, "Job {JobId} is not started yet, and taken up with those that nobody runs: {Reason}")]
    private static partial void LogNotStarted(ILogger logger, string jobId, string reason);
}
