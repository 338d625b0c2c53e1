using Docker.DotNet.Models;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Containers;
using DotNet.Testcontainers.Networks;
using DotNet.Testcontainers.Volumes;

namespace Ddpm.Containers.Tests.Support;

/// <summary>Containers of our images, as confined as docker-compose.yml has them.</summary>
internal static class ServiceContainer
{
    // Those who wait for it need not wait for the interval of everyday.
    private static readonly TimeSpan OftenProbed = TimeSpan.FromMilliseconds(500);

    /// <summary>For containers that go on working: a probe costs a third of a second of processor time.</summary>
    public static readonly TimeSpan SeldomProbed = TimeSpan.FromSeconds(5);

    /// <summary>Port on which each service listens, as in docker-compose.yml.</summary>
    public static ushort PortOf(string service) => service switch
    {
        "gallery" => 5080,
        "orchestrator" => 5081,
        "denoiser" => 5082,
        "trainer" => 5083,
        _ => throw new ArgumentOutOfRangeException(nameof(service), service, "There is no such service."),
    };

    /// <summary>Prepares a container whose start waits until its health check says healthy.</summary>
    /// <param name="service">The service, by whose name others of the network reach it.</param>
    /// <param name="network">Null: the engine's own.</param>
    /// <param name="data">What is mounted at /data.</param>
    /// <param name="settings">Environment variables, <c>Section__Key</c>.</param>
    public static IContainer Build(string service, INetwork? network, IVolume data, params (string Key, string Value)[] settings) =>
        Build(service, network, data, OftenProbed, settings);

    /// <summary>Prepares such a container with another time from one health check to the next, which is also that to the first.</summary>
    public static IContainer Build(string service, INetwork? network, IVolume data, TimeSpan probed, params (string Key, string Value)[] settings)
    {
        var listen = service == "gallery" ? "Listen__Web" : "Listen__Grpc";
        var builder = new ContainerBuilder(Images.OrSkip(service))
            .WithLabel(TestRun.Label, TestRun.Name)
            .WithEnvironment(listen, $"http://0.0.0.0:{PortOf(service)}")
            .WithEnvironment("Security__Insecure", "true")
            .WithEnvironment(settings.ToDictionary(setting => setting.Key, setting => setting.Value))
            .WithVolumeMount(data, "/data")
            .WithTmpfsMount("/tmp")
            .WithPortBinding(PortOf(service), assignRandomHostPort: true)
            .WithCreateParameterModifier(Confine)
            .WithCreateParameterModifier(parameters => parameters.Healthcheck = new HealthcheckConfig { Interval = probed })
            .WithWaitStrategy(Wait.ForUnixContainer().UntilContainerIsHealthy());
        return network is null ? builder.Build() : builder.WithNetwork(network).WithNetworkAliases(service).Build();
    }

    private static void Confine(CreateContainerParameters parameters)
    {
        var host = parameters.HostConfig!;
        host.ReadonlyRootfs = true;
        host.CapDrop = ["ALL"];
        host.SecurityOpt = ["no-new-privileges:true"];
    }

    /// <summary>Where a started container's service is reached from outside.</summary>
    public static Uri AddressOf(this IContainer container, string service) =>
        new($"http://{container.Hostname}:{container.GetMappedPublicPort(PortOf(service))}");
}
