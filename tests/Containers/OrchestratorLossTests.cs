using System.Text.RegularExpressions;
using Ddpm.Containers.Tests.Support;
using Ddpm.EndToEnd.Tests.Support;
using Ddpm.Protocol;
using Ddpm.V1;
using DotNet.Testcontainers.Containers;

namespace Ddpm.Containers.Tests;

/// <summary>The Orchestrator that runs a job goes away.</summary>
public sealed class OrchestratorLossTests(Cluster cluster) : ClusterScenario(cluster)
{
    private const int StepsBefore = 50;

    /// <summary>Exit code of an Orchestrator that the others have given up.</summary>
    private const string Outcast = "3";

    private IContainer Lost => Cluster.Orchestrators[0];

    private IContainer Other => Cluster.Orchestrators[1];

    [Fact]
    public async Task Orchestrator_PausedAndResumed_EndsAndChangesNothing()
    {
        using var client = Cluster.Connect(Other);
        var jobs = await JobsUnderWayAsync(client);

        await DockerCommand.RunAsync("pause", Lost.Id);
        var events = await ClusterJobs.FinishAsync(client, jobs);
        ResumptionOf(events[^1]).ShouldBeGreaterThan(0);
        var results = await ClusterJobs.ResultsAsync(client, jobs);
        await DockerCommand.RunAsync("unpause", Lost.Id);

        (await DockerCommand.RunAsync("wait", Lost.Id)).ShouldBe(Outcast);
        (await ClusterJobs.FinishAsync(client, jobs)).ShouldBe(events);
        (await ClusterJobs.ResultsAsync(client, jobs)).ShouldBe(results);
        results.ShouldBe(await Cluster.Undisturbed.ResultsAsync(client, jobs.Length));
    }

    [Fact]
    public async Task Orchestrator_Killed_ItsJobGoesOnAtTheOther()
    {
        using var client = Cluster.Connect(Other);
        var jobs = await JobsUnderWayAsync(client);

        await DockerCommand.RunAsync("kill", Lost.Id);

        var events = await ClusterJobs.FinishAsync(client, jobs);
        ResumptionOf(events[^1]).ShouldBeGreaterThan(0);
        (await ClusterJobs.ResultsAsync(client, jobs)).ShouldBe(await Cluster.Undisturbed.ResultsAsync(client, jobs.Length));
    }

    [Fact]
    public async Task Orchestrator_Stopped_ItsJobGoesOnAtTheOtherFromTheStepWhereItWas()
    {
        using var client = Cluster.Connect(Other);
        var jobs = await JobsUnderWayAsync(client);

        await DockerCommand.RunAsync("stop", "--time", "40", Lost.Id);

        (await DockerCommand.RunAsync("inspect", "--format", "{{.State.ExitCode}}", Lost.Id)).ShouldBe("0");
        var events = await ClusterJobs.FinishAsync(client, jobs);
        var suspended = Regex.Match(await Cluster.LogAsync(Lost), $@"Job {jobs[^1]} is suspended after step (\d+)");
        suspended.Success.ShouldBeTrue("it was stopped in mid-job");
        ResumptionOf(events[^1]).ShouldBe(int.Parse(suspended.Groups[1].Value));
        (await ClusterJobs.ResultsAsync(client, jobs)).ShouldBe(await Cluster.Undisturbed.ResultsAsync(client, jobs.Length));
    }

    /// <summary>Submits jobs, the last of which is under way at the Orchestrator that is going to be lost.</summary>
    private async Task<string[]> JobsUnderWayAsync(DdpmClient client)
    {
        var jobs = await ClusterJobs.SubmitUntilOneRunsAsync(() => Cluster.LogAsync(Lost), client);
        await ClusterJobs.ReachAsync(client, [jobs[^1]], StepsBefore);
        return jobs;
    }

    /// <summary>The step from which another process went on with a job.</summary>
    private static int ResumptionOf(List<JobEvent> events) => events
        .Where(happened => happened.StateChanged is { HasResumedFromStep: true })
        .ShouldHaveSingleItem().StateChanged.ResumedFromStep;
}
