using Ddpm.Containers.Tests.Support;
using Ddpm.EndToEnd.Tests.Support;

namespace Ddpm.Containers.Tests;

/// <summary>One of two Denoisers goes away while it has rows.</summary>
public sealed class DenoiserLossTests(Cluster cluster) : ClusterScenario(cluster)
{
    private const int Jobs = 6;
    private const int StepsBefore = 50;

    [Theory]
    [InlineData("kill")]
    [InlineData("pause")]
    public async Task Denoiser_LostInMidJob_NothingIsLost(string how)
    {
        using var client = Cluster.Connect(Cluster.Orchestrators[0]);
        var undisturbed = await Cluster.Undisturbed.ResultsAsync(client, Jobs);
        var lost = Cluster.Denoisers[0];
        var before = await Traffic.ReceivedAsync(lost);
        var jobs = await ClusterJobs.SubmitAsync(client, Jobs);
        await ClusterJobs.ReachAsync(client, jobs, StepsBefore);
        (await Traffic.ReceivedAsync(lost)).ShouldBeGreaterThan(before + StepsBefore * TinyModel.RowBytes, "it took part");

        await DockerCommand.RunAsync(how, lost.Id);
        (await ClusterJobs.UnfinishedAsync(client, jobs)).ShouldBeGreaterThan(0, "it was lost in mid-job");

        await ClusterJobs.FinishAsync(client, jobs);
        (await ClusterJobs.ResultsAsync(client, jobs)).ShouldBe(undisturbed);
    }
}
