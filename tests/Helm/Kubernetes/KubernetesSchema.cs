using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using k8s.Models;

namespace Ddpm.Helm.Tests;

/// <summary>
/// Kubernetes' objects by the classes that its .NET client generates from Kubernetes' OpenAPI description. A field that they do not know, or of another
/// type, is refused, as the API server refuses it; so is one that is required and missing.
/// </summary>
internal static class KubernetesSchema
{
    private static readonly JsonSerializerOptions Strict = new()
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = false,
    };

    private static readonly Dictionary<string, Type> Kinds = new()
    {
        ["v1/PersistentVolumeClaim"] = typeof(V1PersistentVolumeClaim),
        ["v1/Pod"] = typeof(V1Pod),
        ["v1/Secret"] = typeof(V1Secret),
        ["v1/Service"] = typeof(V1Service),
        ["v1/ServiceAccount"] = typeof(V1ServiceAccount),
        ["apps/v1/Deployment"] = typeof(V1Deployment),
        ["autoscaling/v2/HorizontalPodAutoscaler"] = typeof(V2HorizontalPodAutoscaler),
        ["networking.k8s.io/v1/Ingress"] = typeof(V1Ingress),
        ["networking.k8s.io/v1/NetworkPolicy"] = typeof(V1NetworkPolicy),
        ["policy/v1/PodDisruptionBudget"] = typeof(V1PodDisruptionBudget),
        ["gateway.networking.k8s.io/v1/GRPCRoute"] = typeof(GatewayRoute),
        ["gateway.networking.k8s.io/v1/HTTPRoute"] = typeof(GatewayRoute),
    };

    /// <exception cref="JsonException">A field is unknown, of another type, or required and missing.</exception>
    public static object Read(JsonObject document)
    {
        var kind = $"{document["apiVersion"]}/{document["kind"]}";
        if (!Kinds.TryGetValue(kind, out var type))
            throw new JsonException($"{kind} is not a kind that the chart is known to use.");
        var read = document.Deserialize(type, Strict)!;
        if (RequiredFields.FirstMissing(read) is { } missing)
            throw new JsonException($"{kind} {document["metadata"]?["name"]}: {missing} is required.");
        return read;
    }
}
