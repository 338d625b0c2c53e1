using Ddpm.Cli.Rendering;
using Ddpm.Protocol;
using Ddpm.V1;

namespace Ddpm.Cli.Jobs;

/// <summary>Follows a job to its end.</summary>
internal static class JobWatch
{
    /// <summary>Shows a job's progress until it ends.</summary>
    /// <param name="run">The command.</param>
    /// <param name="job">The job as it was last seen.</param>
    /// <param name="cancelOnInterrupt">Whether the first Ctrl-C cancels the job and the second leaves it; else the first leaves it.</param>
    /// <returns>The job at its end.</returns>
    /// <exception cref="CommandException">It failed, was cancelled, or was left.</exception>
    public static async Task<Job> ToEndAsync(CommandRun run, Job job, bool cancelOnInterrupt)
    {
        var ended = await ProgressView.ShowAsync(run.Surroundings, job.Spec.Sampler, view => FollowAsync(run, job, cancelOnInterrupt, view));
        return ended.State switch
        {
            JobState.Succeeded => ended,
            JobState.Cancelled => throw new CommandException(ExitCodes.Cancelled, $"Job {ended.Id} was cancelled after {ended.StepsDone} of {ended.StepsInAll} steps."),
            _ => throw new CommandException(ExitCodes.JobFailed, $"Job {ended.Id} failed: {ended.Error}"),
        };
    }

    private static async Task<Job> FollowAsync(CommandRun run, Job job, bool cancelOnInterrupt, ProgressView view)
    {
        var interrupts = run.Surroundings.Interrupts;
        var leave = cancelOnInterrupt ? interrupts.Leave : interrupts.Cancel;
        var cancelling = Task.CompletedTask;
        using var registration = cancelOnInterrupt
            ? interrupts.Cancel.Register(() => cancelling = CancelAsync())
            : default;

        var last = job;
        try
        {
            // The newest event is asked for again: a job that has already ended answers with it and nothing else.
            await foreach (var jobEvent in run.Server.Client.WatchJobAsync(job.Id, Math.Max(1, job.LastEvent), leave))
            {
                last = jobEvent.Job;
                if (jobEvent.StateChanged is { HasResumedFromStep: true } resumed)
                    view.Say($"Continues from step {resumed.ResumedFromStep}.");
                view.Report(FiguresOf(jobEvent));
            }
            await cancelling;
        }
        catch (OperationCanceledException) when (leave.IsCancellationRequested)
        {
            throw new CommandException(ExitCodes.Cancelled, run.Server.IsLocal
                ? $"Left job {job.Id}; it continues when the services run again."
                : $"Left job {job.Id}; it goes on. `ddpm jobs watch {job.Id}` takes it up again.");
        }
        return last;

        async Task CancelAsync()
        {
            view.Say("Cancelling at the next step; Ctrl-C again leaves the job as it is.");
            await run.Server.Client.Orchestrator.CancelJobAsync(new CancelJobRequest { JobId = job.Id }, cancellationToken: leave);
        }
    }

    private static ProgressFigures FiguresOf(JobEvent jobEvent)
    {
        var job = jobEvent.Job;
        return new ProgressFigures(
            job.StepsDone,
            job.StepsInAll,
            job.State is JobState.Queued ? "queued" : $"{Format.Count(job.Evaluations)} NFE",
            jobEvent.Progress?.TimeLeft?.ToTimeSpan());
    }
}
