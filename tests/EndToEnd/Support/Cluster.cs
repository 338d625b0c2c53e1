using Ddpm.Protocol;
using Ddpm.Storage.Tests.Servers;
using Ddpm.V1;

namespace Ddpm.EndToEnd.Tests.Support;

/// <summary>Orchestrators that find each other through Redis, share their jobs in PostgreSQL and ask one Denoiser: all real, each a process of its own.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly PostgresServer _postgres = new();
    private readonly List<ServiceProcess> _replicas = [];
    private RedisServer? _redis;
    private ServiceProcess? _denoiser;
    private string _database = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<Cluster> StartAsync(CancellationToken cancellationToken)
    {
        var cluster = new Cluster();
        try
        {
            await cluster._postgres.InitializeAsync();
            cluster._database = await cluster._postgres.NewDatabaseAsync(cancellationToken);
            cluster._redis = await RedisServer.StartAsync();
            await TinyModel.PublishAsync(cluster._folder.Path);
            cluster._denoiser = await ServiceProcess.StartAsync(
                "services/Denoiser", "Ddpm.Denoiser", ServiceProcess.FreeAddress(), null, $"Storage:Root={cluster._folder.Path}");
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts one more Orchestrator.</summary>
    public async Task<ServiceProcess> StartReplicaAsync()
    {
        var replica = await ServiceProcess.StartAsync(
            "services/Orchestrator", "Ddpm.Orchestrator", ServiceProcess.FreeAddress(), null,
            $"Storage:Root={_folder.Path}",
            $"Storage:Database={_database}",
            $"Orchestrator:Redis={_redis!.Address}",
            "Orchestrator:SiloAddress=127.0.0.1",
            $"Orchestrator:Denoisers:0={_denoiser!.GrpcAddress}",
            "Orchestrator:CheckpointInterval=00:00:00.2",
            "Logging:LogLevel:Ddpm=Information");
        _replicas.Add(replica);
        return replica;
    }

    public Task RestartDatabaseAsync() => _postgres.RestartAsync(Cancellation);

    public static DdpmClient Connect(ServiceProcess replica) => DdpmClient.Connect(replica.GrpcAddress!);

    /// <summary>Submits jobs that differ in nothing but their seeds, which are 0, 1, ….</summary>
    public static async Task<string[]> SubmitAsync(DdpmClient client, int jobs, int steps = 400)
    {
        var ids = new string[jobs];
        for (var seed = 0; seed < jobs; seed++)
            ids[seed] = await SubmitAsync(client, steps, (ulong)seed);
        return ids;
    }

    /// <summary>Submits such jobs until one of them runs on a replica.</summary>
    public static async Task<string[]> SubmitUntilOneRunsOnAsync(ServiceProcess replica, DdpmClient client, int steps = 400)
    {
        var ids = new List<string>();
        do
        {
            ids.Add(await SubmitAsync(client, steps, (ulong)ids.Count));
            await ReachAsync(client, [ids[^1]], steps: 1);
        }
        while (!replica.Process.Output.Contains($"Job {ids[^1]} runs here", StringComparison.Ordinal));
        return [.. ids];
    }

    private static async Task<string> SubmitAsync(DdpmClient client, int steps, ulong seed)
    {
        var spec = new JobSpec { Model = TinyModel.Name, Sampler = "ddpm", Steps = steps, Seed = seed, Count = 1, Classes = new ClassSelection() };
        return (await client.Orchestrator.SubmitJobAsync(new SubmitJobRequest { Spec = spec }, cancellationToken: Cancellation)).Job.Id;
    }

    /// <summary>Waits until each job has made some steps.</summary>
    public static Task ReachAsync(DdpmClient client, string[] jobs, int steps) => Task.WhenAll(jobs.Select(async id =>
    {
        await foreach (var happened in client.WatchJobAsync(id, cancellationToken: Cancellation))
        {
            happened.Job.State.ShouldBeOneOf(JobState.Queued, JobState.Running);
            if (happened.Job.StepsDone >= steps)
                return;
        }
    }));

    /// <summary>Watches jobs to their ends.</summary>
    public static async Task<List<JobEvent>[]> FinishAsync(DdpmClient client, string[] jobs)
    {
        return await Task.WhenAll(jobs.Select(WatchAsync));

        async Task<List<JobEvent>> WatchAsync(string id)
        {
            var events = new List<JobEvent>();
            await foreach (var happened in client.WatchJobAsync(id, cancellationToken: Cancellation))
                events.Add(happened);
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

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _replicas.Append(_denoiser).OfType<ServiceProcess>())
        {
            await process.DisposeAsync();
            TestContext.Current.TestOutputHelper?.WriteLine($"{process.GrpcAddress}\n{process.Process.Output}{process.Process.Error}");
        }
        if (_redis is not null)
            await _redis.DisposeAsync();
        await _postgres.DisposeAsync();
        _folder.Dispose();
    }
}
