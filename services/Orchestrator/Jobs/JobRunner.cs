using Ddpm.Hosting;
using Ddpm.Orchestrator.Denoising;
using Ddpm.Orchestrator.Editing;
using Ddpm.Orchestrator.Trajectories;
using Ddpm.Storage.Files;
using Ddpm.Storage.Jobs;
using Ddpm.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Ddpm.Orchestrator.Jobs;

/// <summary>Takes a job from where it is to its end, whichever that is, and writes the end down.</summary>
internal sealed partial class JobRunner(
    JobPlanner planner,
    InputImages images,
    JobSlots slots,
    TrajectoryStore store,
    IDenoiser denoiser,
    OrchestratorMetrics metrics,
    IOptions<OrchestratorOptions> options,
    TimeProvider time,
    ILogger<JobRunner> logger)
{
    private static readonly TimeSpan WriteAgainAfter = TimeSpan.FromSeconds(1);

    /// <param name="log">The job.</param>
    /// <param name="cancel">A client wants it to end.</param>
    /// <param name="suspend">This process is about to end: the job stays as it is and continues elsewhere or later.</param>
    public async Task RunAsync(JobLog log, CancellationToken cancel, CancellationToken suspend)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, suspend);
        var entered = false;
        JobRun? run = null;
        try
        {
            await slots.EnterAsync(log.Job.Priority, stop.Token);
            entered = true;
            var plan = await planner.PlanAsync(log.Job.Spec, await images.ReadAsync(log.Job.Id, log.Job.Spec, stop.Token), stop.Token);
            LogRuns(logger, log.Job.Id, log.Job.StepsDone);
            run = new JobRun(plan, log, store, denoiser, metrics, slots, options.Value, time);
            await run.RunAsync(stop.Token);
        }
        catch (JobGoneException)
        {
        }
        catch (JobTakenException)
        {
            LogTaken(logger, log.Job.Id, log.Job.StepsDone);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            await EndAsync(log, JobState.Cancelled, "", suspend);
        }
        catch (OperationCanceledException) when (suspend.IsCancellationRequested)
        {
            LogSuspended(logger, log.Job.Id, run?.WrittenStep ?? log.Job.StepsDone);
        }
        catch (StorageUnavailableException e)
        {
            // The job is as it was last written down, and is taken up from there when the storage answers.
            LogLeft(logger, log.Job.Id, log.Job.StepsDone, e.Message);
        }
        catch (Exception e)
        {
            var reason = Explain(e);
            LogFailed(logger, log.Job.Id, reason, reason is UnexpectedFailure ? e : null);
            await EndAsync(log, JobState.Failed, reason, suspend);
        }
        finally
        {
            if (entered)
                slots.Leave(log.Job.Priority);
        }
        if (log.HasEnded)
            await TidyAsync(log);
    }

    /// <summary>What earlier stretches of an ended job's life have left is of no use; where it cannot be removed, it goes with the job.</summary>
    private async Task TidyAsync(JobLog log)
    {
        try
        {
            await store.KeepOnlyAsync(new StretchFolder(log.Job.Id, log.Stretch), CancellationToken.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotTidied(logger, log.Job.Id, e.Message);
        }
    }

    private const string UnexpectedFailure = "The Orchestrator failed unexpectedly; its log says why.";

    private static string Explain(Exception exception) => exception switch
    {
        DenoiserException or Diffusion.SamplerDivergedException => exception.Message,
        RpcException e => e.Status.Detail,
        IOException e when DiskFull.Is(e) => DiskFull.Message,
        _ => UnexpectedFailure,
    };

    /// <summary>An end is written down however long it takes: a full disk, for one, may get room again.</summary>
    private async Task EndAsync(JobLog log, JobState state, string error, CancellationToken suspend)
    {
        while (true)
        {
            try
            {
                await log.AppendAsync(
                    job =>
                    {
                        job.State = state;
                        job.Error = error;
                        job.FinishedAt = Timestamp.FromDateTimeOffset(time.GetUtcNow());
                    },
                    happened => happened.StateChanged = new StateChanged(),
                    CancellationToken.None);
                return;
            }
            catch (Exception e) when (e is JobGoneException or JobTakenException)
            {
                return;
            }
            catch (IOException e) when (!suspend.IsCancellationRequested)
            {
                LogEndNotWritten(logger, log.Job.Id, state, e.Message);
                await Task.Delay(WriteAgainAfter, time, suspend).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (IOException e)
            {
                LogEndNotWritten(logger, log.Job.Id, state, e.Message);
                return;
            }
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Job {JobId} is suspended after step {Step}")]
    private static partial void LogSuspended(ILogger logger, string jobId, int step);

    [LoggerMessage(2, LogLevel.Warning, "Job {JobId} failed: {Reason}")]
    private static partial void LogFailed(ILogger logger, string jobId, string reason, Exception? exception);

    [LoggerMessage(3, LogLevel.Error, "That job {JobId} is {State} could not be written down: {Reason}")]
    private static partial void LogEndNotWritten(ILogger logger, string jobId, JobState state, string reason);

    [LoggerMessage(4, LogLevel.Warning, "Job {JobId} was taken up by another process while this one was away; it is left at step {Step}")]
    private static partial void LogTaken(ILogger logger, string jobId, int step);

    [LoggerMessage(5, LogLevel.Warning, "What earlier stretches of job {JobId} left could not be removed: {Reason}")]
    private static partial void LogNotTidied(ILogger logger, string jobId, string reason);

    [LoggerMessage(6, LogLevel.Warning, "Job {JobId} is left at step {Step} until its storage answers: {Reason}")]
    private static partial void LogLeft(ILogger logger, string jobId, int step, string reason);

    [LoggerMessage(7, LogLevel.Information, "Job {JobId} runs here from step {Step}")]
    private static partial void LogRuns(ILogger logger, string jobId, int step);
}
