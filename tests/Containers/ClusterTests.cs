using Ddpm.Containers.Tests.Support;
using Ddpm.EndToEnd.Tests.Support;

namespace Ddpm.Containers.Tests;

/// <summary>The cluster as a whole.</summary>
public sealed class ClusterTests(Cluster cluster) : ClusterScenario(cluster)
{
    private const int Jobs = 6;
    private const int StepsBefore = 50;

    [Fact]
    public async Task Job_ThroughTheCluster_IsSeenAlikeAtBothOrchestrators()
    {
        using var first = Cluster.Connect(Cluster.Orchestrators[0]);
        using var second = Cluster.Connect(Cluster.Orchestrators[1]);
        var jobs = await ClusterJobs.SubmitAsync(first, Jobs);

        var watched = await Task.WhenAll(ClusterJobs.FinishAsync(first, jobs), ClusterJobs.FinishAsync(second, jobs));

        foreach (var (here, there) in watched[0].Zip(watched[1]))
            here.ShouldBe(there);
        var results = await ClusterJobs.ResultsAsync(first, jobs);
        results.ShouldBe(await ClusterJobs.ResultsAsync(second, jobs));
        results.ShouldBe(await Cluster.Undisturbed.ResultsAsync(second, Jobs));
    }

    [Fact]
    public async Task Database_RestartedInMidJob_NothingIsLost()
    {
        using var first = Cluster.Connect(Cluster.Orchestrators[0]);
        using var second = Cluster.Connect(Cluster.Orchestrators[1]);
        var undisturbed = await Cluster.Undisturbed.ResultsAsync(second, Jobs);
        var jobs = await ClusterJobs.SubmitAsync(first, Jobs);
        await ClusterJobs.ReachAsync(second, jobs, StepsBefore);
        (await ClusterJobs.UnfinishedAsync(second, jobs)).ShouldBe(Jobs);

        await DockerCommand.RunAsync("restart", Cluster.Postgres.Id);

        await ClusterJobs.FinishAsync(second, jobs);
        (await ClusterJobs.ResultsAsync(first, jobs)).ShouldBe(undisturbed);
    }
}
