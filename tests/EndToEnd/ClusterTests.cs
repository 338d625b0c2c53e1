using System.Diagnostics;
using Ddpm.EndToEnd.Tests.Support;

namespace Ddpm.EndToEnd.Tests;

/// <summary>Two Orchestrators are one service, whatever happens to one of them.</summary>
public sealed class ClusterTests
{
    private const int Jobs = 6;
    private const int StepsBefore = 100;

    [Fact(Timeout = 180_000)]
    public async Task Watch_OnEitherReplica_SeesTheSameEvents()
    {
        await using var cluster = await Cluster.StartAsync(TestContext.Current.CancellationToken);
        using var first = Cluster.Connect(await cluster.StartReplicaAsync());
        using var second = Cluster.Connect(await cluster.StartReplicaAsync());
        var jobs = await ClusterJobs.SubmitAsync(first, Jobs);

        var watched = await Task.WhenAll(ClusterJobs.FinishAsync(first, jobs), ClusterJobs.FinishAsync(second, jobs));

        foreach (var (here, there) in watched[0].Zip(watched[1]))
            here.ShouldBe(there);
        (await ClusterJobs.ResultsAsync(second, jobs)).ShouldBe(await ClusterJobs.ResultsAsync(first, jobs));
    }

    [Theory(Timeout = 300_000)]
    [InlineData("KILL")]
    [InlineData("TERM")]
    [InlineData("STOP")]
    public async Task Replica_GetsASignal_ItsJobsGoOnElsewhereAndEndInTheSameBytes(string signal)
    {
        await using var cluster = await Cluster.StartAsync(TestContext.Current.CancellationToken);
        var lost = await cluster.StartReplicaAsync();
        var other = await cluster.StartReplicaAsync();
        using var client = Cluster.Connect(other);
        var jobs = await ClusterJobs.SubmitUntilOneRunsAsync(() => Task.FromResult(lost.Process.Output), client);
        await ClusterJobs.ReachAsync(client, [jobs[^1]], StepsBefore);

        await lost.Process.SignalAsync(signal);
        var clock = Stopwatch.StartNew();
        var resumed = Task.WhenAll(jobs.Select(id => ResumedAsync(id, clock)));
        var events = await ClusterJobs.FinishAsync(client, jobs);

        var moved = (await resumed).OfType<TimeSpan>().ToList();
        moved.ShouldNotBeEmpty("the lost replica ran some of the jobs");
        TestContext.Current.TestOutputHelper?.WriteLine($"{moved.Count} jobs of a replica that got {signal} went on after {moved.Min().TotalSeconds:F1} to {moved.Max().TotalSeconds:F1} s");
        foreach (var happened in events.SelectMany(e => e).Where(e => e.StateChanged is { HasResumedFromStep: true }))
            happened.StateChanged.ResumedFromStep.ShouldBeGreaterThan(0);
        var results = await ClusterJobs.ResultsAsync(client, jobs);

        if (signal == "STOP")
        {
            // It finds itself given up, and whatever it was about to write changes nothing.
            await lost.Process.SignalAsync("CONT");
            (await lost.Process.ExitAsync()).ShouldBe(3, lost.Process.Error);
            (await ClusterJobs.ResultsAsync(client, jobs)).ShouldBe(results);
        }
        else if (signal == "TERM")
        {
            (await lost.Process.ExitAsync()).ShouldBe(0, lost.Process.Error);
        }

        var undisturbed = await ClusterJobs.SubmitAsync(client, jobs.Length);
        await ClusterJobs.FinishAsync(client, undisturbed);
        results.ShouldBe(await ClusterJobs.ResultsAsync(client, undisturbed));

        // When the job was taken up by another process; null: it never was.
        async Task<TimeSpan?> ResumedAsync(string id, Stopwatch since)
        {
            await foreach (var happened in client.WatchJobAsync(id, cancellationToken: TestContext.Current.CancellationToken))
            {
                if (happened.StateChanged is { HasResumedFromStep: true })
                    return since.Elapsed;
            }
            return null;
        }
    }

    [Fact(Timeout = 180_000)]
    public async Task Replicas_AllKilled_OneThatStartsTakesUpTheirJobs()
    {
        await using var cluster = await Cluster.StartAsync(TestContext.Current.CancellationToken);
        ServiceProcess[] lost = [await cluster.StartReplicaAsync(), await cluster.StartReplicaAsync()];
        string[] jobs;
        using (var client = Cluster.Connect(lost[0]))
        {
            jobs = await ClusterJobs.SubmitAsync(client, Jobs);
            await ClusterJobs.ReachAsync(client, jobs, StepsBefore);
        }
        foreach (var replica in lost)
            await replica.Process.KillAsync();

        using var revived = Cluster.Connect(await cluster.StartReplicaAsync());

        await ClusterJobs.FinishAsync(revived, jobs);
    }

    [Fact(Timeout = 180_000)]
    public async Task Database_RestartsInMidJob_NothingIsLost()
    {
        await using var cluster = await Cluster.StartAsync(TestContext.Current.CancellationToken);
        using var first = Cluster.Connect(await cluster.StartReplicaAsync());
        using var second = Cluster.Connect(await cluster.StartReplicaAsync());
        var undisturbed = await ClusterJobs.SubmitAsync(first, Jobs);
        await ClusterJobs.FinishAsync(second, undisturbed);
        var jobs = await ClusterJobs.SubmitAsync(first, Jobs);
        await ClusterJobs.ReachAsync(second, jobs, StepsBefore);

        await cluster.RestartDatabaseAsync();

        await ClusterJobs.FinishAsync(second, jobs);
        (await ClusterJobs.ResultsAsync(first, jobs)).ShouldBe(await ClusterJobs.ResultsAsync(first, undisturbed));
    }
}
