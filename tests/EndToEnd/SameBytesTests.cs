using Ddpm.EndToEnd.Tests.Support;
using Ddpm.Protocol;
using Ddpm.V1;

namespace Ddpm.EndToEnd.Tests;

/// <summary>
/// A trajectory, every frame and the float32 of its last state, is the same bytes alone and among others, on one thread or two, of one Denoiser or three,
/// over TCP or a Unix domain socket.
/// </summary>
public sealed class SameBytesTests
{
    private const int Jobs = 32;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, 1, false)]
    [InlineData(2, 1, true)]
    [InlineData(2, 3, true)]
    [InlineData(1, 3, false)]
    public async Task Trajectories_HoweverTheyAreServed_AreTheSameBytes(int workers, int denoisers, bool overSocket)
    {
        using var folder = new TemporaryFolder();
        var alone = folder.Resolve("alone");
        var among = folder.Resolve("among");
        await TinyModel.PublishAsync(alone);
        await TinyModel.PublishAsync(among);

        var expected = new Dictionary<string, byte[]>();
        await using (var standalone = await StandaloneProcess.StartAsync(alone))
        {
            using var client = DdpmClient.Connect(standalone.GrpcAddress);
            foreach (var sampler in Samplers)
                expected[sampler] = await TrajectoryOfAsync(client, alone, Spec(sampler));
        }

        await using var served = new Stack();
        for (var i = 0; i < denoisers; i++)
        {
            var socket = folder.Resolve($"{i}.sock");
            var denoiser = await served.AddAsync(ServiceProcess.StartAsync(
                "services/Denoiser", "Ddpm.Denoiser", ServiceProcess.FreeAddress(), null,
                $"Storage:Root={among}", $"Denoiser:Workers={workers}", $"Listen:Socket={socket}"));
            served.Settings.Add($"Orchestrator:Denoisers:{i}={(overSocket ? $"unix:{socket}" : denoiser.GrpcAddress)}");
        }
        var orchestrator = await served.AddAsync(ServiceProcess.StartAsync(
            "services/Orchestrator", "Ddpm.Orchestrator", ServiceProcess.FreeAddress(), null,
            [$"Storage:Root={among}", $"Orchestrator:MaxRunningJobs={Jobs}", .. served.Settings]));
        using (var client = DdpmClient.Connect(orchestrator.GrpcAddress!))
        {
            var jobs = await Task.WhenAll(Enumerable.Range(0, Jobs).Select(async i =>
            {
                var sampler = Samplers[i % Samplers.Length];
                var seed = i < Samplers.Length ? Seed : Seed + (ulong)i;
                return (Sampler: sampler, Bytes: await TrajectoryOfAsync(client, among, Spec(sampler, seed, i % 2 == 0 ? Priority.Interactive : Priority.Bulk)));
            }));

            foreach (var (sampler, bytes) in jobs.Take(Samplers.Length))
                bytes.ShouldBe(expected[sampler], sampler);
            jobs.Select(job => Convert.ToHexString(job.Bytes)).Distinct().Count().ShouldBe(Jobs);
        }
    }

    private const ulong Seed = 7;

    private static string[] Samplers => ["ddim", "ddpm", "vp-sde"];

    private static SubmitJobRequest Spec(string sampler, ulong seed = Seed, Priority priority = Priority.Unspecified) => new()
    {
        Spec = new JobSpec { Model = TinyModel.Name, Sampler = sampler, Steps = 40, Count = 1, Seed = seed },
        Priority = priority,
    };

    /// <summary>Runs a job and answers the record that it leaves of its trajectory.</summary>
    private static async Task<byte[]> TrajectoryOfAsync(DdpmClient client, string data, SubmitJobRequest request)
    {
        var job = (await client.Orchestrator.SubmitJobAsync(request, cancellationToken: Cancellation)).Job;
        await foreach (var happened in client.WatchJobAsync(job.Id, cancellationToken: Cancellation))
            job = happened.Job;
        job.State.ShouldBe(JobState.Succeeded, job.Error);
        var record = Directory.EnumerateFiles(Path.Combine(data, "blobs", "jobs", job.Id), "0000", SearchOption.AllDirectories).Single();
        return await File.ReadAllBytesAsync(record, Cancellation);
    }

    /// <summary>Processes that are stopped last first.</summary>
    private sealed class Stack : IAsyncDisposable
    {
        private readonly Stack<ServiceProcess> _processes = [];

        public List<string> Settings { get; } = [];

        public async Task<ServiceProcess> AddAsync(Task<ServiceProcess> starting)
        {
            var process = await starting;
            _processes.Push(process);
            return process;
        }

        public async ValueTask DisposeAsync()
        {
            while (_processes.TryPop(out var process))
                await process.DisposeAsync();
        }
    }
}
