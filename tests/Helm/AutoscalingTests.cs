using System.Text.RegularExpressions;
using k8s.Models;

namespace Ddpm.Helm.Tests;

public sealed partial class AutoscalingTests
{
    [Fact]
    public void Autoscaler_ByDefault_IsNotThere()
    {
        Release.Of(ValueSets.Default).Objects.OfType<V2HorizontalPodAutoscaler>().ShouldBeEmpty();
        Release.Of(ValueSets.Default).Deployment("denoiser").Spec.Replicas.ShouldBe(2);
    }

    [Fact]
    public void Autoscaler_WhereEnabled_AloneSaysHowManyDenoisers()
    {
        var scaler = Scaler("autoscaling");

        Release.Of("autoscaling").Documents.ShouldContain(document =>
            (string)document["kind"]! == scaler.Spec.ScaleTargetRef.Kind
            && (string)document["apiVersion"]! == scaler.Spec.ScaleTargetRef.ApiVersion
            && (string)document["metadata"]!["name"]! == scaler.Spec.ScaleTargetRef.Name);
        Release.Of("autoscaling").Deployment("denoiser").Spec.Replicas.ShouldBeNull("an upgrade would set it back");
        (scaler.Spec.MinReplicas, scaler.Spec.MaxReplicas).ShouldBe((3, 40));
    }

    [Fact]
    public void Autoscaler_WithBothMetrics_LooksAtQueueAndProcessors()
    {
        var metrics = Scaler("autoscaling").Spec.Metrics;

        metrics.Select(metric => metric.Type).ShouldBe(["Pods", "Resource"]);
        metrics[0].Pods.Target.AverageValue.ToString().ShouldBe("32");
        (metrics[1].Resource.Name, metrics[1].Resource.Target.AverageUtilization).ShouldBe(("cpu", 80));
    }

    [Fact]
    public void Autoscaler_OnGpus_LooksAtTheQueueAlone() => Scaler("gpu").Spec.Metrics.Select(metric => metric.Type).ShouldBe(["Pods"]);

    [Fact]
    public void Metric_OfTheAutoscaler_IsOneThatTheDenoiserHas()
    {
        var source = File.ReadAllText(Repository.Resolve("services/Denoiser/DenoiserMetrics.cs"));
        // As OpenTelemetry's Prometheus exporter names a gauge whose unit is in braces.
        var gauges = Gauge().Matches(source).Select(match => match.Groups["name"].Value.Replace('.', '_'));

        gauges.ShouldContain(Scaler("autoscaling").Spec.Metrics[0].Pods.Metric.Name);
    }

    [Fact]
    public void Metric_OfTheAutoscaler_IsWhatTheGuideHasPrometheusAdapterServe()
    {
        var guide = File.ReadAllText(Repository.Resolve("docs/kubernetes.md"));

        guide.ShouldContain($"seriesQuery: '{Scaler("autoscaling").Spec.Metrics[0].Pods.Metric.Name}");
        // The labels by which it knows the pod are attributes that the chart gives.
        var attributes = Release.Of("autoscaling").Deployment("denoiser").Spec.Template.Spec.Containers.Single().Env.Single(variable => variable.Name == "OTEL_RESOURCE_ATTRIBUTES").Value;
        foreach (var attribute in attributes.Split(',').Select(pair => pair.Split('=')[0]))
            guide.ShouldContain($"{attribute.Replace('.', '_')}: {{resource:");
    }

    private static V2HorizontalPodAutoscaler Scaler(string set) => Release.Of(set).Objects.OfType<V2HorizontalPodAutoscaler>().ShouldHaveSingleItem();

    [GeneratedRegex("CreateObservableGauge\\(\"(?<name>[a-z_.]+)\", \\w+, \"\\{\\w+\\}\"")]
    private static partial Regex Gauge();
}
