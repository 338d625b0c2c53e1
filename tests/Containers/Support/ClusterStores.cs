using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Containers;
using DotNet.Testcontainers.Networks;

namespace Ddpm.Containers.Tests.Support;

/// <summary>The servers in which Orchestrators share their jobs and find each other.</summary>
internal static class ClusterStores
{
    private const string Name = "ddpm";

    /// <summary><c>Storage:Database</c> of those who share <see cref="Postgres"/>.</summary>
    public const string Database = $"Host=postgres;Database={Name};Username={Name};Password={Name};GSS Encryption Mode=Disable";

    /// <summary><c>Orchestrator:Redis</c> of those who share <see cref="Redis"/>.</summary>
    public const string RedisAddress = "redis:6379";

    public static IContainer Postgres(INetwork network) => new ContainerBuilder(Images.Variables["POSTGRES_IMAGE"])
        .WithLabel(TestRun.Label, TestRun.Name)
        .WithNetwork(network)
        .WithNetworkAliases("postgres")
        .WithEnvironment(new Dictionary<string, string> { ["POSTGRES_DB"] = Name, ["POSTGRES_USER"] = Name, ["POSTGRES_PASSWORD"] = Name })
        .WithCreateParameterModifier(parameters =>
        {
            // For its socket, whichever image it is. The mode of such a folder does not outlast a restart, but its owner does: the server's user.
            parameters.HostConfig!.Tmpfs = new Dictionary<string, string> { ["/run/postgresql"] = "mode=1777,uid=999" };
            // Fast shutdown, as in docker-compose.yml: every connection breaks.
            parameters.StopSignal = "SIGINT";
        })
        .WithWaitStrategy(Wait.ForUnixContainer().UntilCommandIsCompleted("pg_isready", "--host=127.0.0.1", $"--username={Name}", $"--dbname={Name}"))
        .Build();

    public static IContainer Redis(INetwork network) => new ContainerBuilder(Images.Variables["REDIS_IMAGE"])
        .WithLabel(TestRun.Label, TestRun.Name)
        .WithNetwork(network)
        .WithNetworkAliases("redis")
        .WithCommand("redis-server", "--bind", "0.0.0.0", "--protected-mode", "no", "--save", "")
        .WithWaitStrategy(Wait.ForUnixContainer().UntilCommandIsCompleted("redis-cli", "ping"))
        .Build();
}
