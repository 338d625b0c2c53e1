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
        var underWay = new Queue<Job>();
        var done = new List<Job>();
        foreach (var job in request.Jobs())
        {
            if (underWay.Count == JobsAtOnce)
                await AwaitAsync(underWay.Dequeue());
            underWay.Enqueue((await run.Server.Client.Orchestrator.SubmitJobAsync(job, cancellationToken: run.Cancelled)).Job);
        }
        while (underWay.TryDequeue(out var job))
            await AwaitAsync(job);
        return [.. done.Select(job => job.Id)];

        async Task AwaitAsync(Job job)
        {
            await foreach (var happened in run.Server.Client.WatchJobAsync(job.Id, Math.Max(1, job.LastEvent), run.Cancelled))
            {
                job = happened.Job;
                Report(job);
            }
            if (job.State != JobState.Succeeded)
                throw new CommandException(ExitCodes.JobFailed, $"Job {job.Id} did not make its samples: {(job.Error.Length > 0 ? job.Error : Format.State(job.State))}");
            done.Add(job);
        }

        // In steps of single samples, so that the first job shows progress too.
        void Report(Job current) => view.Report(new ProgressFigures(
            (done.Sum(job => (long)job.Spec.Count) * request.Steps) + ((long)current.Spec.Count * current.StepsDone),
            (long)request.Count * request.Steps,
            $"{done.Sum(job => job.Spec.Count)} of {request.Count} samples",
            null,
            "NFE"));
    }

    /// <summary>Removes the jobs of samples that have been measured.</summary>
    public static async Task DeleteAsync(CommandRun run, IEnumerable<string> jobIds)
    {
        foreach (var id in jobIds)
            await run.Server.Client.Orchestrator.DeleteJobAsync(new DeleteJobRequest { JobId = id }, cancellationToken: run.Cancelled);
    }
}
