using System.Net;
using k8s.Models;

namespace Ddpm.Helm.Tests;

/// <summary>The policies permit the ways that are listed here, and no other: every pair of ends is tried at every port.</summary>
public sealed class NetworkPolicyTests
{
    private const string Namespace = "diffusion";

    private static readonly int[] Ports = [53, 80, 443, 4317, 5080, 5081, 5082, 5083, 5084, 5432, 5433, 6379, 6380, 9000, 11111];

    private static readonly Endpoint[] Outside =
    [
        new("neighbour", Namespace, new Dictionary<string, string> { ["app"] = "other" }),
        new("redis", Namespace, new Dictionary<string, string> { ["app"] = "redis" }),
        new("dns", "kube-system", new Dictionary<string, string> { ["k8s-app"] = "kube-dns" }),
        new("ingress", "ingress-nginx", new Dictionary<string, string>()),
        new("databases", "databases", new Dictionary<string, string>()),
        new("collector", "observability", new Dictionary<string, string>()),
        new("store", null, null, IPAddress.Parse("10.20.3.4")),
        new("internet", null, null, IPAddress.Parse("203.0.113.9")),
    ];

    private static readonly string[] Services = ["orchestrator", "denoiser", "trainer", "gallery", "test"];

    /// <summary>What the services are to each other, whatever the values.</summary>
    private static readonly string[] Inside =
    [
        "gallery → orchestrator:5081", "gallery → trainer:5083",
        "trainer → orchestrator:5081",
        "orchestrator → denoiser:5082", "orchestrator → orchestrator:11111",
        "test → orchestrator:5081", "test → trainer:5083", "test → gallery:5080",
    ];

    private static IEnumerable<string> Dns => Services.SelectMany(_ => new[] { "53", "53/UDP" }, (service, port) => $"{service} → dns:{port}");

    [Fact]
    public void Policies_WithRestrictedDestinations_PermitThoseAlone() => Permitted("existing").ShouldBe(
        [.. Inside, .. Dns, "orchestrator → databases:5433", "trainer → databases:5433", "orchestrator → redis:6380"], ignoreOrder: true);

    [Fact]
    public void Policies_BehindAnIngress_LetItsControllerIn() => Permitted("ingress").ShouldBe(
        [
            .. Inside, .. Dns, .. Anywhere("orchestrator", 5432, 6379), .. Anywhere("trainer", 5432),
            "ingress → gallery:5080", "ingress → orchestrator:5081", "ingress → trainer:5083",
        ],
        ignoreOrder: true);

    [Fact]
    public void Policies_WithObjectStore_LetTheOrchestratorsReachIt() => Permitted("s3").ShouldBe(
        [.. Inside, .. Dns, .. Anywhere("orchestrator", 5432, 6379), .. Anywhere("trainer", 5432), "orchestrator → store:9000"], ignoreOrder: true);

    [Fact]
    public void Policies_WithTelemetry_LetAllReachTheCollector() => Permitted("autoscaling").ShouldBe(
        [
            .. Inside, .. Dns, .. Anywhere("orchestrator", 5432, 6379), .. Anywhere("trainer", 5432),
            .. Services.Select(service => $"{service} → collector:4317"),
        ],
        ignoreOrder: true);

    [Theory]
    [InlineData("default")]
    [InlineData("existing")]
    [InlineData("ingress")]
    public void Policies_OfBothEnds_AgreeAtTheServicesPorts(string set)
    {
        // What only one end permits is not permitted, but says that somebody thought of a way that is not there.
        var traffic = new Traffic(Namespace, [.. Release.Of(set).Objects.OfType<V1NetworkPolicy>()]);
        var pods = PodsOf(Release.Of(set));

        foreach (var (source, target) in pods.SelectMany(_ => pods, (source, target) => (source, target)))
        {
            foreach (var port in new[] { 5080, 5081, 5082, 5083, 5084, 11111 })
                traffic.IsSent(source, target, port, "TCP").ShouldBe(traffic.IsTaken(source, target, port, "TCP"), $"{source.Name} → {target.Name}:{port}");
        }
    }

    [Fact]
    public void Policies_WhereDisabled_AreNone() => Release.Of("small").Objects.OfType<V1NetworkPolicy>().ShouldBeEmpty();

    private static IEnumerable<string> Anywhere(string service, params int[] ports) =>
        Outside.SelectMany(_ => ports, (to, port) => $"{service} → {to.Name}:{port}");

    private static IReadOnlyList<Endpoint> PodsOf(Release release) =>
        [.. release.Pods.Select(pod => new Endpoint(pod.Metadata.Labels["app.kubernetes.io/component"], Namespace, pod.Metadata.Labels))];

    /// <summary>All connections, at either end of which there is a pod of the release, that are permitted.</summary>
    private static IEnumerable<string> Permitted(string set)
    {
        var release = Release.Of(set);
        var traffic = new Traffic(Namespace, [.. release.Objects.OfType<V1NetworkPolicy>()]);
        var pods = PodsOf(release);
        pods.Select(pod => pod.Name).ShouldBe(Services, ignoreOrder: true);

        var pairs = pods.SelectMany(pod => pods.Concat(Outside), (pod, other) => (Source: pod, Target: other))
            .Concat(Outside.SelectMany(_ => pods, (other, pod) => (Source: other, Target: pod)));
        return
            from pair in pairs
            from port in Ports
            from protocol in new[] { "TCP", "UDP" }
            where traffic.IsPermitted(pair.Source, pair.Target, port, protocol)
            select $"{pair.Source.Name} → {pair.Target.Name}:{port}{(protocol == "UDP" ? "/UDP" : "")}";
    }
}
