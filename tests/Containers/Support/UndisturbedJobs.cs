using Ddpm.EndToEnd.Tests.Support;
using Ddpm.Protocol;

namespace Ddpm.Containers.Tests.Support;

/// <summary>What the jobs of <see cref="ClusterJobs.SubmitAsync"/> come to in a whole cluster to which nothing happens. Each seed is run once.</summary>
internal sealed class UndisturbedJobs
{
    private readonly List<string> _results = [];

    /// <summary>Images and frames of the seeds 0, 1, …, as <see cref="ClusterJobs.ResultsAsync"/> has them.</summary>
    /// <param name="client">An Orchestrator of a cluster that has nothing else to do and nothing to fear.</param>
    /// <param name="count">How many seeds.</param>
    public async Task<string[]> ResultsAsync(DdpmClient client, int count)
    {
        if (_results.Count < count)
        {
            var jobs = await Task.WhenAll(Enumerable.Range(_results.Count, count - _results.Count).Select(seed => ClusterJobs.SubmitOneAsync(client, seed)));
            string[] ids = [.. jobs.Select(job => job.Id)];
            await ClusterJobs.FinishAsync(client, ids);
            _results.AddRange(await ClusterJobs.ResultsAsync(client, ids));
        }
        return [.. _results.Take(count)];
    }
}
