using System.Text.RegularExpressions;
using k8s.Models;

namespace Ddpm.Helm.Tests;

/// <summary>One host serves the whole public contract: each gRPC service reaches the component that implements it.</summary>
public sealed partial class RouteTests
{
    /// <summary>Where the contract's services are; the Denoiser is not public.</summary>
    private static readonly Dictionary<string, string> Components = new()
    {
        ["OrchestratorService"] = "ddpm-orchestrator",
        ["TrainerService"] = "ddpm-trainer",
        ["ModelRegistryService"] = "ddpm-trainer",
        ["DataSetService"] = "ddpm-trainer",
        ["EvaluationService"] = "ddpm-trainer",
    };

    private static IEnumerable<string> Expected => Components.Select(pair => $"ddpm.v1.{pair.Key} {pair.Value}").Append("grpc.health.v1.Health ddpm-orchestrator");

    [Fact]
    public void Contract_HasNoOtherServices() =>
        Directory.EnumerateFiles(Repository.Resolve("protos/ddpm/v1"), "*.proto").SelectMany(file => Service().Matches(File.ReadAllText(file)))
            .Select(match => match.Groups["name"].Value).ShouldBe([.. Components.Keys, "DenoiserService"], ignoreOrder: true);

    [Fact]
    public void Ingress_OfGrpc_RoutesEachServiceToItsComponent()
    {
        var ingress = Release.Of("ingress").Objects.OfType<V1Ingress>().Single(ingress => ingress.Name() == "ddpm-grpc");

        ingress.Spec.Rules.ShouldHaveSingleItem().Http.Paths.Select(path => $"{path.Path[1..]} {path.Backend.Service.Name}").ShouldBe(Expected, ignoreOrder: true);
        ingress.Annotations()["nginx.ingress.kubernetes.io/backend-protocol"].ShouldBe("GRPC");
        ingress.Spec.Tls.ShouldHaveSingleItem().SecretName.ShouldBe("grpc-tls");
    }

    [Fact]
    public void Ingress_OfBoth_NamesPortsOfTheirServices()
    {
        var release = Release.Of("ingress");
        var ports = release.Objects.OfType<V1Service>().ToDictionary(service => service.Name(), service => service.Spec.Ports.Select(port => port.Name));

        var backends = release.Objects.OfType<V1Ingress>().SelectMany(ingress => ingress.Spec.Rules).SelectMany(rule => rule.Http.Paths).Select(path => path.Backend.Service).ToList();

        backends.Count.ShouldBe(7);
        backends.ShouldAllBe(backend => ports[backend.Name].Contains(backend.Port.Name));
    }

    [Fact]
    public void Gateway_OfGrpc_RoutesEachServiceToItsComponent()
    {
        var release = Release.Of("gateway");
        var ports = release.Objects.OfType<V1Service>().ToDictionary(service => service.Name(), service => service.Spec.Ports.Select(port => port.Port));
        var routes = release.Objects.OfType<GatewayRoute>().ToDictionary(route => route.Kind);

        routes["GRPCRoute"].Spec.Rules.Select(rule => $"{rule.Matches!.Single().Method.Service} {rule.BackendRefs.Single().Name}").ShouldBe(Expected, ignoreOrder: true);
        routes["HTTPRoute"].Spec.Rules.ShouldHaveSingleItem().BackendRefs.ShouldHaveSingleItem().Name.ShouldBe("ddpm-gallery");
        routes.Values.SelectMany(route => route.Spec.Rules).SelectMany(rule => rule.BackendRefs).ShouldAllBe(backend => ports[backend.Name].Contains(backend.Port));
        routes.Values.ShouldAllBe(route => route.Spec.ParentRefs.Single() == new GatewayParent("public", "gateways"));
    }

    [Fact]
    public void Routes_ByDefault_AreNone()
    {
        Release.Of(ValueSets.Default).Objects.OfType<V1Ingress>().ShouldBeEmpty();
        Release.Of(ValueSets.Default).Objects.OfType<GatewayRoute>().ShouldBeEmpty();
        Release.Of(ValueSets.Default).Objects.OfType<V1Service>().ShouldAllBe(service => service.Spec.Type == null || service.Spec.Type == "ClusterIP");
    }

    [GeneratedRegex("^service (?<name>\\w+)", RegexOptions.Multiline)]
    private static partial Regex Service();
}
