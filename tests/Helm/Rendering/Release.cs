using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using k8s.Models;

namespace Ddpm.Helm.Tests;

/// <summary>The objects that the chart renders for a set of values.</summary>
internal sealed class Release
{
    private static readonly ConcurrentDictionary<string, Lazy<Release>> Rendered = new();

    private Release(string manifest)
    {
        Documents = [.. YamlReader.ReadAll(manifest)];
        Objects = [.. Documents.Select(KubernetesSchema.Read)];
    }

    /// <summary>As they were written.</summary>
    public IReadOnlyList<JsonObject> Documents { get; }

    /// <summary>As Kubernetes reads them.</summary>
    public IReadOnlyList<object> Objects { get; }

    public IEnumerable<V1Deployment> Deployments => Objects.OfType<V1Deployment>();

    /// <summary>Pods by their component: those of Deployments, and the test's.</summary>
    public IEnumerable<(V1ObjectMeta Metadata, V1PodSpec Spec)> Pods =>
    [
        .. Deployments.Select(deployment => (deployment.Spec.Template.Metadata, deployment.Spec.Template.Spec)),
        .. Objects.OfType<V1Pod>().Select(pod => (pod.Metadata, pod.Spec)),
    ];

    public V1Deployment Deployment(string component) => Deployments.Single(deployment => deployment.Name() == $"ddpm-{component}");

    /// <summary>Renders the chart once for each set of values; skips the test where there is no helm.</summary>
    public static Release Of(string set) => Rendered.GetOrAdd(set, static set => new Lazy<Release>(() =>
    {
        var result = HelmCommand.Template(ValueSets.Arguments(set));
        result.ExitCode.ShouldBe(0, result.Error);
        return new Release(result.Output);
    })).Value;
}
