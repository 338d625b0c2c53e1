using Ddpm.Protocol;
using Ddpm.Storage.Tests.Servers;

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
