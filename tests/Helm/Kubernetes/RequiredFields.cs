using System.Collections;
using System.Reflection;
using k8s.Models;

namespace Ddpm.Helm.Tests;

/// <summary>
/// The fields that Kubernetes' OpenAPI description requires, of the types that the chart uses: the client's classes do not say. The names of objects and
/// Secrets and a container's image are asked for by the API server alone.
/// </summary>
internal static class RequiredFields
{
    private static readonly Dictionary<Type, string[]> Of = new()
    {
        [typeof(V1ObjectMeta)] = [nameof(V1ObjectMeta.Name)],
        [typeof(V1Container)] = [nameof(V1Container.Name), nameof(V1Container.Image)],
        [typeof(V1ContainerPort)] = [nameof(V1ContainerPort.ContainerPort)],
        [typeof(V1DeploymentSpec)] = [nameof(V1DeploymentSpec.Selector), nameof(V1DeploymentSpec.Template)],
        [typeof(V1EnvVar)] = [nameof(V1EnvVar.Name)],
        [typeof(V1GRPCAction)] = [nameof(V1GRPCAction.Port)],
        [typeof(V1HTTPIngressPath)] = [nameof(V1HTTPIngressPath.Backend), nameof(V1HTTPIngressPath.PathType)],
        [typeof(V1HTTPIngressRuleValue)] = [nameof(V1HTTPIngressRuleValue.Paths)],
        [typeof(V1IngressServiceBackend)] = [nameof(V1IngressServiceBackend.Name)],
        [typeof(V1IPBlock)] = [nameof(V1IPBlock.Cidr)],
        [typeof(V1NetworkPolicySpec)] = [nameof(V1NetworkPolicySpec.PodSelector)],
        [typeof(V1ObjectFieldSelector)] = [nameof(V1ObjectFieldSelector.FieldPath)],
        [typeof(V1PersistentVolumeClaimVolumeSource)] = [nameof(V1PersistentVolumeClaimVolumeSource.ClaimName)],
        [typeof(V1PodSpec)] = [nameof(V1PodSpec.Containers)],
        [typeof(V1ResourceFieldSelector)] = [nameof(V1ResourceFieldSelector.Resource)],
        [typeof(V1SeccompProfile)] = [nameof(V1SeccompProfile.Type)],
        [typeof(V1SecretKeySelector)] = [nameof(V1SecretKeySelector.Key), nameof(V1SecretKeySelector.Name)],
        [typeof(V1ServicePort)] = [nameof(V1ServicePort.Port)],
        [typeof(V1SleepAction)] = [nameof(V1SleepAction.Seconds)],
        [typeof(V1TopologySpreadConstraint)] =
            [nameof(V1TopologySpreadConstraint.MaxSkew), nameof(V1TopologySpreadConstraint.TopologyKey), nameof(V1TopologySpreadConstraint.WhenUnsatisfiable)],
        [typeof(V1Volume)] = [nameof(V1Volume.Name)],
        [typeof(V1VolumeMount)] = [nameof(V1VolumeMount.MountPath), nameof(V1VolumeMount.Name)],
        [typeof(V2CrossVersionObjectReference)] = [nameof(V2CrossVersionObjectReference.Kind), nameof(V2CrossVersionObjectReference.Name)],
        [typeof(V2HorizontalPodAutoscalerSpec)] = [nameof(V2HorizontalPodAutoscalerSpec.MaxReplicas), nameof(V2HorizontalPodAutoscalerSpec.ScaleTargetRef)],
        [typeof(V2HPAScalingPolicy)] = [nameof(V2HPAScalingPolicy.PeriodSeconds), nameof(V2HPAScalingPolicy.Type), nameof(V2HPAScalingPolicy.Value)],
        [typeof(V2MetricIdentifier)] = [nameof(V2MetricIdentifier.Name)],
        [typeof(V2MetricSpec)] = [nameof(V2MetricSpec.Type)],
        [typeof(V2MetricTarget)] = [nameof(V2MetricTarget.Type)],
        [typeof(V2PodsMetricSource)] = [nameof(V2PodsMetricSource.Metric), nameof(V2PodsMetricSource.Target)],
        [typeof(V2ResourceMetricSource)] = [nameof(V2ResourceMetricSource.Name), nameof(V2ResourceMetricSource.Target)],
    };

    /// <summary>The path of a required field that is missing in an object or in what it holds; null when there is none.</summary>
    public static string? FirstMissing(object value, string path = "")
    {
        if (value is IEnumerable many and not string)
            return many.Cast<object?>().OfType<object>().Select((item, i) => FirstMissing(item, $"{path}[{i}]")).FirstOrDefault(missing => missing is not null);
        if (value.GetType().Namespace != typeof(V1Pod).Namespace)
            return null;
        // The metadata of a pod's template needs no name.
        var required = path.EndsWith(".Template.Metadata", StringComparison.Ordinal) ? [] : Of.GetValueOrDefault(value.GetType(), []);
        foreach (var property in value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.GetIndexParameters().Length == 0))
        {
            var inner = property.GetValue(value);
            if (required.Contains(property.Name) && inner is null or "" or 0)
                return $"{path}.{property.Name}";
            if (inner is not null && FirstMissing(inner, $"{path}.{property.Name}") is { } missing)
                return missing;
        }
        return null;
    }
}
