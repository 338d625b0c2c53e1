using Ddpm.Cli.Rendering;
using Ddpm.V1;

namespace Ddpm.Cli.Evaluation;

/// <summary>Has the Orchestrator make samples, a few jobs at a time.</summary>
internal static class SampleMaking
{
    private const int JobsAtOnce = 4;

    /// <summary>Makes the samples, or finds those that an earlier call has made.</summary>
    /// <returns>The jobs, all of which have succeeded.</returns>
    /// <exception cref="CommandException">A job failed or was cancelled.</exception>
    public static async Task<IReadOnlyList<string>> MakeAsync(CommandRun run, SampleRequest request, ProgressView view)
    {
        var requests = request.Jobs().ToList();
        var jobs = new Job?[requests.Count];
        var reporting = new Lock();
        await Parallel.ForEachAsync(
            requests.Index(),
            new ParallelOptions { MaxDegreeOfParallelism = JobsAtOnce, CancellationToken = run.Cancelled },
            async (each, cancellationToken) =>
            {
                var job = (await run.Server.Client.Orchestrator.SubmitJobAsync(each.Item, cancellationToken: cancellationToken)).Job;
                await foreach (var happened in run.Server.Client.WatchJobAsync(job.Id, Math.Max(1, job.LastEvent), cancellationToken))
                {
                    job = happened.Job;
                    Report(each.Index, job);
                }
                if (job.State != JobState.Succeeded)
                    throw new CommandException(ExitCodes.JobFailed, $"Job {job.Id} did not make its samples: {(job.Error.Length > 0 ? job.Error : Format.State(job.State))}");
            });
        return [.. jobs.Select(job => job!.Id)];

        void Report(int place, Job current)
        {
            lock (reporting)
            {
                jobs[place] = current;
                view.Report(new ProgressFigures(
                    jobs.Sum(job => job is null ? 0 : (long)job.Spec.Count * job.StepsDone),
                    (long)request.Count * request.Steps,
                    $"{jobs.Sum(job => job?.State == JobState.Succeeded ? job.Spec.Count : 0)} of {request.Count} samples",
                    null,
                    "NFE"));
            }
        }
    }

    /// <summary>Removes the jobs of samples that have been measured.</summary>
    public static async Task DeleteAsync(CommandRun run, IEnumerable<string> jobIds)
    {
        foreach (var id in jobIds)
            await run.Server.Client.Orchestrator.DeleteJobAsync(new DeleteJobRequest { JobId = id }, cancellationToken: run.Cancelled);
    }
}
