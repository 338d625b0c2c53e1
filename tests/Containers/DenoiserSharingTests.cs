using Ddpm.Containers.Tests.Support;
using Ddpm.EndToEnd.Tests.Support;

namespace Ddpm.Containers.Tests;

/// <summary>Several Denoisers that are one name.</summary>
public sealed class DenoiserSharingTests(Cluster cluster, ITestOutputHelper output) : ClusterScenario(cluster)
{
    private const int Jobs = 8;
    private const double LeastShare = 0.4;

    [Fact]
    public async Task Denoisers_BehindOneName_ShareTheRowsAndOneThatJoinsGetsSome()
    {
        using var client = Cluster.Connect(Cluster.Orchestrators[0]);
        var undisturbed = await Cluster.Undisturbed.ResultsAsync(client, Jobs);
        var before = await Traffic.ReceivedAsync(Cluster.Denoisers);
        var jobs = await ClusterJobs.SubmitAsync(client, Jobs);
        await ClusterJobs.FinishAsync(client, jobs);
        var received = (await Traffic.ReceivedAsync(Cluster.Denoisers)).Zip(before, (after, then) => after - then).ToList();

        output.WriteLine($"{Jobs} jobs: {string.Join(" and ", received.Select(bytes => $"{bytes / 1e6:F1} MB"))}");
        received.Sum().ShouldBeGreaterThanOrEqualTo(Jobs * ClusterJobs.Steps * (long)TinyModel.RowBytes, "every row was received");
        ((double)received.Min() / received.Sum()).ShouldBeGreaterThan(LeastShare);
        (await ClusterJobs.ResultsAsync(client, jobs)).ShouldBe(undisturbed);

        // Its name stands for it before it listens, so that some are asked in vain of it.
        var starting = Cluster.StartDenoiserAsync();
        var meanwhile = await ClusterJobs.SubmitAsync(client, Jobs);
        var joined = await starting;
        jobs = await ClusterJobs.SubmitAsync(client, Jobs);
        await ClusterJobs.FinishAsync(client, [.. meanwhile, .. jobs]);

        // How many depends on how far the others have come while it loads; what it is sent besides rows is a thousandth of this.
        (await Traffic.ReceivedAsync(joined)).ShouldBeGreaterThan(ClusterJobs.Steps / 5 * (long)TinyModel.RowBytes, "as much as a fifth of the rows of one job");
        (await ClusterJobs.ResultsAsync(client, meanwhile)).ShouldBe(undisturbed);
        (await ClusterJobs.ResultsAsync(client, jobs)).ShouldBe(undisturbed);
    }
}
