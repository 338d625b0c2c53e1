using System.Text.Json.Serialization;
using k8s.Models;

namespace Ddpm.Helm.Tests;

/// <summary>What the chart uses of the Gateway API's HTTPRoute and GRPCRoute (v1); Kubernetes' own description does not hold them.</summary>
internal sealed record GatewayRoute(
    [property: JsonPropertyName("apiVersion"), JsonRequired] string ApiVersion,
    [property: JsonPropertyName("kind"), JsonRequired] string Kind,
    [property: JsonPropertyName("metadata"), JsonRequired] V1ObjectMeta Metadata,
    [property: JsonPropertyName("spec"), JsonRequired] GatewayRouteSpec Spec);

internal sealed record GatewayRouteSpec(
    [property: JsonPropertyName("parentRefs"), JsonRequired] IReadOnlyList<GatewayParent> ParentRefs,
    [property: JsonPropertyName("hostnames"), JsonRequired] IReadOnlyList<string> Hostnames,
    [property: JsonPropertyName("rules"), JsonRequired] IReadOnlyList<GatewayRule> Rules);

internal sealed record GatewayParent(
    [property: JsonPropertyName("name"), JsonRequired] string Name,
    [property: JsonPropertyName("namespace")] string? Namespace = null);

internal sealed record GatewayRule(
    [property: JsonPropertyName("backendRefs"), JsonRequired] IReadOnlyList<GatewayBackend> BackendRefs,
    [property: JsonPropertyName("matches")] IReadOnlyList<GatewayMatch>? Matches = null);

internal sealed record GatewayBackend(
    [property: JsonPropertyName("name"), JsonRequired] string Name,
    [property: JsonPropertyName("port"), JsonRequired] int Port);

internal sealed record GatewayMatch([property: JsonPropertyName("method"), JsonRequired] GatewayMethod Method);

internal sealed record GatewayMethod([property: JsonPropertyName("service"), JsonRequired] string Service);
