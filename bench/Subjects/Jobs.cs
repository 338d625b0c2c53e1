using Ddpm.Protocol;
using Ddpm.V1;

namespace Ddpm.Bench.Subjects;

/// <summary>Jobs, from submission to their last event.</summary>
internal static class Jobs
{
    public static SubmitJobRequest Of(Cluster cluster, string sampler, int steps, int count, ulong seed = 7, Priority priority = Priority.Interactive) => new()
    {
        Spec = new JobSpec { Model = cluster.Version.Model, Sampler = sampler, Steps = steps, Seed = seed, Count = count },
        Priority = priority,
    };

    public static async Task RunAsync(this DdpmClient client, SubmitJobRequest request, CancellationToken cancellationToken = default)
    {
        var job = (await client.Orchestrator.SubmitJobAsync(request, cancellationToken: cancellationToken)).Job;
        await foreach (var happened in client.WatchJobAsync(job.Id, cancellationToken: cancellationToken))
            job = happened.Job;
        if (job.State != JobState.Succeeded)
            throw new InvalidOperationException($"A job ended as {job.State}: {job.Error}");
    }
}
