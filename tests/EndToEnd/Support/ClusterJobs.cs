using Ddpm.Protocol;
using Ddpm.V1;

namespace Ddpm.EndToEnd.Tests.Support;

/// <summary>Jobs of one image each for a cluster, of processes or of containers, which differ in nothing but their seeds unless a test says otherwise.</summary>
internal static class ClusterJobs
{
    /// <summary>The model that a cluster has, and of which nobody publishes another version.</summary>
    public const string Model = "tiny";

    /// <summary>Steps of each, one evaluation a step: seconds, in which a process can be lost.</summary>
    public const int Steps = 500;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Submits jobs with the seeds 0, 1, ….</summary>
    public static async Task<string[]> SubmitAsync(DdpmClient client, int count)
    {
        var ids = new string[count];
        for (var seed = 0; seed < count; seed++)
            ids[seed] = (await SubmitOneAsync(client, seed)).Id;
        return ids;
    }

    /// <param name="client">An Orchestrator.</param>
    /// <param name="seed">The job's seed.</param>
    /// <param name="model">The job's model.</param>
    /// <param name="version">Its version; empty: the latest.</param>
    public static async Task<Job> SubmitOneAsync(DdpmClient client, int seed, string model = Model, string version = "")
    {
        var spec = new JobSpec { Model = model, Version = version, Sampler = "ddpm", Steps = Steps, Seed = (ulong)seed, Count = 1, Classes = new ClassSelection() };
        return (await client.Orchestrator.SubmitJobAsync(new SubmitJobRequest { Spec = spec }, cancellationToken: Cancellation)).Job;
    }

    /// <summary>Submits such jobs until one of them, the last, runs on the Orchestrator whose log is given.</summary>
    public static async Task<string[]> SubmitUntilOneRunsAsync(Func<Task<string>> log, DdpmClient client)
    {
        var ids = new List<string>();
        do
        {
            ids.Add((await SubmitOneAsync(client, ids.Count)).Id);
            await ReachAsync(client, [ids[^1]], steps: 1);
        }
        while (!(await log()).Contains($"Job {ids[^1]} runs here", StringComparison.Ordinal));
        return [.. ids];
    }

    /// <summary>Waits until each job has made some steps, of which more are to come.</summary>
    public static Task ReachAsync(DdpmClient client, string[] jobs, int steps) => Task.WhenAll(jobs.Select(async id =>
    {
        await foreach (var happened in client.WatchJobAsync(id, cancellationToken: Cancellation))
        {
            happened.Job.State.ShouldBeOneOf(JobState.Queued, JobState.Running);
            if (happened.Job.StepsDone >= steps)
                return;
        }
    }));

    /// <summary>How many jobs have not ended.</summary>
    public static async Task<int> UnfinishedAsync(DdpmClient client, string[] jobs)
    {
        var answers = await Task.WhenAll(jobs.Select(id => client.Orchestrator.GetJobAsync(new GetJobRequest { JobId = id }, cancellationToken: Cancellation).ResponseAsync));
        return answers.Count(answer => answer.Job.State is JobState.Queued or JobState.Running);
    }

    /// <summary>Watches jobs to their ends, which are successes.</summary>
    /// <returns>The events of each, whose numbers grow by one from 1 on.</returns>
    public static async Task<List<JobEvent>[]> FinishAsync(DdpmClient client, string[] jobs)
    {
        return await Task.WhenAll(jobs.Select(WatchAsync));

        async Task<List<JobEvent>> WatchAsync(string id)
        {
            var events = new List<JobEvent>();
            await foreach (var happened in client.WatchJobAsync(id, cancellationToken: Cancellation))
            {
                // Previews are for those who watch live.
                happened.Progress?.Previews.Clear();
                events.Add(happened);
            }
            events[^1].Job.State.ShouldBe(JobState.Succeeded, events[^1].Job.Error);
            events.Select(e => e.Number).ShouldBe(Enumerable.Range(1, events.Count).Select(n => (long)n), "numbers grow by one, whichever replica writes them");
            return events;
        }
    }

    /// <summary>What is seen of jobs when they have ended: their images, and the frames that their trajectories kept.</summary>
    public static async Task<string[]> ResultsAsync(DdpmClient client, string[] jobs) => await Task.WhenAll(jobs.Select(async id =>
    {
        var image = await client.Orchestrator.GetImageAsync(new GetImageRequest { JobId = id }, cancellationToken: Cancellation);
        var frames = await client.Orchestrator.ListFramesAsync(new ListFramesRequest { JobId = id }, cancellationToken: Cancellation);
        return $"{Convert.ToHexString(image.Png.Span)} {frames.Frames}";
    }));
}
