using Ddpm.EndToEnd.Tests.Support;
using Ddpm.Protocol;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Containers;
using DotNet.Testcontainers.Networks;
using DotNet.Testcontainers.Volumes;

namespace Ddpm.Containers.Tests.Support;

/// <summary>
/// Two Orchestrators that share PostgreSQL and Redis, two Denoisers behind one name, a Trainer, and a volume for models and blobs, on a network of their own.
/// The scenarios have one between them, and each finds it whole.
/// </summary>
public sealed class Cluster : IAsyncLifetime
{
    private const int Replicas = 2;

    private readonly INetwork _network = new NetworkBuilder().WithLabel(TestRun.Label, TestRun.Name).Build();
    private readonly IVolume _data = new VolumeBuilder().WithLabel(TestRun.Label, TestRun.Name).Build();
    private readonly List<IContainer> _orchestrators = [];
    private readonly List<IContainer> _denoisers = [];
    private readonly List<IContainer> _others = [];

    /// <summary>Those of the running scenario, the longest running one first.</summary>
    public IReadOnlyList<IContainer> Orchestrators => _orchestrators;

    /// <summary>Those of the running scenario, the longest running one first.</summary>
    public IReadOnlyList<IContainer> Denoisers => _denoisers;

    public IContainer Postgres { get; private set; } = null!;

    public IContainer Trainer { get; private set; } = null!;

    /// <summary>What the jobs of <see cref="ClusterJobs"/> come to when nothing happens to them.</summary>
    internal UndisturbedJobs Undisturbed { get; } = new();

    public async ValueTask InitializeAsync()
    {
        // Skips the scenarios, each of which asks again.
        if (!Images.AreThere)
            return;
        try
        {
            await Task.WhenAll(_network.CreateAsync(Cancellation), _data.CreateAsync(Cancellation));
            _others.AddRange([Postgres = ClusterStores.Postgres(_network), ClusterStores.Redis(_network), Trainer = Build("trainer")]);
            await Task.WhenAll(_others.Select(container => container.StartAsync(Cancellation)));
            using var trainer = Connect(Trainer);
            await TinyModel.PublishAsync(trainer, ClusterJobs.Model, 0);
        }
        catch
        {
            // Nobody else would: the tests' framework forgets a fixture that did not come about.
            await DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts what a scenario has lost, and ends what it has left over.</summary>
    internal async Task MendAsync()
    {
        await Task.WhenAll(MendAsync(_orchestrators, StartOrchestratorAsync), MendAsync(_denoisers, StartDenoiserAsync));

        static async Task MendAsync(List<IContainer> containers, Func<Task<IContainer>> start)
        {
            foreach (var (container, place) in containers.Select((container, place) => (container, place)).Reverse().ToList())
            {
                if (place < Replicas && await StatusAsync(container) == "running")
                    continue;
                containers.RemoveAt(place);
                await container.DisposeAsync();
            }
            await Task.WhenAll(Enumerable.Range(containers.Count, Replicas - containers.Count).Select(_ => start()));
        }
    }

    /// <summary>Starts one more Denoiser under the name that the others have.</summary>
    public Task<IContainer> StartDenoiserAsync() => StartAsync(Build("denoiser"), _denoisers);

    /// <summary>A client of an Orchestrator, or of the Trainer.</summary>
    public DdpmClient Connect(IContainer container) => DdpmClient.Connect(container.AddressOf(container == Trainer ? "trainer" : "orchestrator"));

    /// <summary>What an Orchestrator or a Denoiser has logged.</summary>
    internal static async Task<string> LogAsync(IContainer container)
    {
        var (output, error) = await container.GetLogsAsync(timestampsEnabled: false, ct: Cancellation);
        return output + error;
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll([.. _orchestrators.Concat(_denoisers).Concat(_others).Select(container => container.DisposeAsync().AsTask())]);
        await Task.WhenAll(_network.DisposeAsync().AsTask(), _data.DisposeAsync().AsTask());
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static Task<string> StatusAsync(IContainer container) => DockerCommand.RunAsync("inspect", "--format", "{{.State.Status}}", container.Id);

    private IContainer Build(string service, params (string Key, string Value)[] settings) =>
        ServiceContainer.Build(service, _network, _data, ServiceContainer.SeldomProbed, settings);

    private Task<IContainer> StartOrchestratorAsync() => StartAsync(
        Build(
            "orchestrator",
            ("Storage__Database", ClusterStores.Database),
            ("Orchestrator__Redis", ClusterStores.RedisAddress),
            ("Orchestrator__SiloPort", "11111"),
            ("Orchestrator__Denoisers__0", $"http://denoiser:{ServiceContainer.PortOf("denoiser")}"),
            ("Orchestrator__DenoiserRefresh", "00:00:01"),
            ("Orchestrator__CheckpointInterval", "00:00:00.2"),
            ("Logging__LogLevel__Ddpm", "Information")),
        _orchestrators);

    private static async Task<IContainer> StartAsync(IContainer container, List<IContainer> containers)
    {
        lock (containers)
            containers.Add(container);
        await container.StartAsync(Cancellation);
        return container;
    }
}
