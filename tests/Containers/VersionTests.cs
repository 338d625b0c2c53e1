using Ddpm.Containers.Tests.Support;
using Ddpm.EndToEnd.Tests.Support;
using Ddpm.V1;

namespace Ddpm.Containers.Tests;

/// <summary>Versions that come through the Trainer into the volume that all share.</summary>
public sealed class VersionTests(Cluster cluster) : ClusterScenario(cluster)
{
    private const string Model = "tiny-swapped";
    private const int Publications = 4;
    private const int StepsBefore = 25;

    [Fact]
    public async Task Version_PublishedWhileJobsRun_IsThatOfLaterJobsAlone()
    {
        using var trainer = Cluster.Connect(Cluster.Trainer);
        using var first = Cluster.Connect(Cluster.Orchestrators[0]);
        using var second = Cluster.Connect(Cluster.Orchestrators[1]);
        var versions = new List<string>();
        var jobs = new List<Job>();

        for (var k = 0; k < Publications; k++)
        {
            versions.Add(await TinyModel.PublishAsync(trainer, Model, k));
            if (k > 0)
                (await ClusterJobs.UnfinishedAsync(second, [jobs[^1].Id])).ShouldBe(1, "it was published while a job of the one before it ran");
            jobs.Add(await ClusterJobs.SubmitOneAsync(k % 2 == 0 ? first : second, seed: 0, Model));
            await ClusterJobs.ReachAsync(second, [jobs[^1].Id], StepsBefore);
        }
        string[] ids = [.. jobs.Select(job => job.Id)];
        var events = await ClusterJobs.FinishAsync(second, ids);

        versions.Distinct().Count().ShouldBe(Publications);
        events.Select(all => all[^1].Job.Spec.Version).ShouldBe(versions);
        var results = await ClusterJobs.ResultsAsync(second, ids);
        results.Distinct().Count().ShouldBe(Publications, "each version has an image of its own");
        for (var k = 0; k < Publications; k++)
        {
            // Alone, by its id: were a step of another version among those of above, these bytes would differ.
            var alone = await ClusterJobs.SubmitOneAsync(first, seed: 0, Model, versions[k]);
            await ClusterJobs.FinishAsync(first, [alone.Id]);
            (await ClusterJobs.ResultsAsync(first, [alone.Id])).ShouldBe([results[k]]);
        }
    }
}
