using System.Net;
using System.Net.Sockets;
using Orleans.Configuration;
using StackExchange.Redis;

namespace Ddpm.Orchestrator;

/// <summary>
/// The Orchestrator as an Orleans silo: alone on loopback, or one of several replicas that find each other through Redis. The grains are the same.
/// </summary>
internal static class Silo
{
    // A replica whose connections break is out after three probes. One whose connections stay is left twelve times this long, nine seconds, in which any
    // message of its own would speak for it. The looks of JobRecovery come on top.
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(0.75);
    private static readonly TimeSpan TableRefresh = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AliveEvery = TimeSpan.FromSeconds(3);

    public static ISiloBuilder Configure(this ISiloBuilder silo, OrchestratorOptions options)
    {
        var port = options.SiloPort == 0 ? FreePort() : options.SiloPort;
        // The gateway serves processes that are no silos; there are none.
        if (options.Redis is not { } redis)
            return silo.UseLocalhostClustering(siloPort: port, gatewayPort: 0);

        return silo
            .UseRedisClustering(clustering =>
            {
                clustering.ConfigurationOptions = ConfigurationOptions.Parse(redis);
                // Services of a cluster start in any order.
                clustering.ConfigurationOptions.AbortOnConnectFail = false;
            })
            .Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (options.Cluster, options.Cluster))
            .Configure<EndpointOptions>(endpoint =>
            {
                endpoint.SiloPort = port;
                endpoint.GatewayPort = 0;
                if (options.SiloAddress is { } address)
                    endpoint.AdvertisedIPAddress = IPAddress.Parse(address);
            })
            .Configure<ClusterMembershipOptions>(membership =>
            {
                membership.ProbeTimeout = ProbeTimeout;
                membership.TableRefreshTimeout = TableRefresh;
                // After the loss of all replicas the first that comes back need not wait for the lost ones.
                membership.IAmAliveTablePublishTimeout = AliveEvery;
            });
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
