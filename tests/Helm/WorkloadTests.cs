using k8s.Models;

namespace Ddpm.Helm.Tests;

/// <summary>Pods run as they should: unprivileged, probed, drained, replaced in the right order.</summary>
public sealed class WorkloadTests
{
    public static TheoryData<string> Sets => [.. ValueSets.All];

    [Theory]
    [MemberData(nameof(Sets))]
    public void Security_OfEveryPod_IsThatOfTheRestrictedStandard(string set)
    {
        foreach (var (metadata, pod) in Release.Of(set).Pods)
        {
            pod.SecurityContext.RunAsNonRoot.ShouldBe(true, metadata.Name);
            pod.SecurityContext.RunAsUser!.Value.ShouldBeGreaterThan(0);
            pod.SecurityContext.SeccompProfile.Type.ShouldBe("RuntimeDefault");
            pod.AutomountServiceAccountToken.ShouldBe(false);
            pod.EnableServiceLinks.ShouldBe(false);
            (pod.HostNetwork ?? pod.HostPID ?? pod.HostIPC ?? false).ShouldBeFalse();
            pod.InitContainers.ShouldBeNull();
            (pod.Volumes ?? []).ShouldAllBe(volume => volume.HostPath == null);
            foreach (var container in pod.Containers)
            {
                container.SecurityContext.AllowPrivilegeEscalation.ShouldBe(false, container.Name);
                container.SecurityContext.ReadOnlyRootFilesystem.ShouldBe(true);
                container.SecurityContext.Capabilities.Drop.ShouldBe(["ALL"]);
                container.SecurityContext.Capabilities.Add.ShouldBeNull();
                (container.SecurityContext.Privileged ?? false).ShouldBeFalse();
                container.SecurityContext.RunAsUser.ShouldBeNull("the pod says who it is");
                container.Resources.Requests.Keys.ShouldBe(["cpu", "memory"], ignoreOrder: true);
                container.Resources.Limits.Keys.ShouldContain("memory");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void ServiceAccount_OfEveryDeployment_IsItsOwnAndMountsNoToken(string set)
    {
        var accounts = Release.Of(set).Objects.OfType<V1ServiceAccount>().ToDictionary(account => account.Name());

        foreach (var deployment in Release.Of(set).Deployments)
            accounts[deployment.Spec.Template.Spec.ServiceAccountName].AutomountServiceAccountToken.ShouldBe(false);
        Release.Of(set).Deployments.Select(deployment => deployment.Spec.Template.Spec.ServiceAccountName).ShouldBe(accounts.Keys, ignoreOrder: true);
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void Probes_OfEveryService_AskTheHealthServiceAtItsGrpcPort(string set)
    {
        foreach (var container in Release.Of(set).Deployments.SelectMany(deployment => deployment.Spec.Template.Spec.Containers))
        {
            var listening = container.Env.Single(variable => variable.Name == "Listen__Grpc").Value;
            foreach (var probe in new[] { container.StartupProbe, container.ReadinessProbe, container.LivenessProbe })
            {
                probe.Grpc.Port.ShouldBe(new Uri(listening).Port, container.Name);
                probe.Grpc.Service.ShouldBeNull("the whole process is asked");
                container.Ports.ShouldContain(port => port.ContainerPort == probe.Grpc.Port);
            }
            // Libraries and a model are read before the first answer.
            (container.StartupProbe.PeriodSeconds * container.StartupProbe.FailureThreshold)!.Value.ShouldBeGreaterThanOrEqualTo(120);
        }
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void Ports_OfEveryService_AreListenedOnByItsPods(string set)
    {
        var release = Release.Of(set);
        foreach (var service in release.Objects.OfType<V1Service>())
        {
            var container = release.Pods.Single(pod => service.Spec.Selector.Selects(pod.Metadata.Labels)).Spec.Containers.Single();
            foreach (var port in service.Spec.Ports)
            {
                var target = container.Ports.Single(candidate => candidate.Name == port.TargetPort);
                container.Env.ShouldContain(variable => variable.Name.StartsWith("Listen__") && new Uri(variable.Value).Port == target.ContainerPort, service.Name());
            }
        }
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void Addresses_OfEveryContainer_AreServicesOfTheRelease(string set)
    {
        var release = Release.Of(set);
        var served = release.Objects.OfType<V1Service>().SelectMany(service => service.Spec.Ports.Select(port => $"http://{service.Name()}:{port.Port}")).ToHashSet();

        var asked = release.Pods.SelectMany(pod => pod.Spec.Containers).SelectMany(container => container.Env)
            .Where(variable => variable.Value?.StartsWith("http://ddpm-", StringComparison.Ordinal) == true).Select(variable => variable.Value).ToHashSet();

        asked.Except(served).ShouldBeEmpty();
        served.Except(asked).ShouldBeEmpty();
    }

    [Fact]
    public void Service_OfDenoisers_ResolvesToEachThatIsReady()
    {
        var service = Release.Of(ValueSets.Default).Objects.OfType<V1Service>().Single(service => service.Name() == "ddpm-denoiser");

        service.Spec.ClusterIP.ShouldBe("None");
        service.Spec.PublishNotReadyAddresses.ShouldBe(false);
    }

    [Theory]
    [InlineData("default", "orchestrator", "0", "1")]
    [InlineData("default", "denoiser", "0", "1")]
    [InlineData("default", "gallery", "0", "1")]
    // No GPU is free for one more.
    [InlineData("gpu", "denoiser", "1", "0")]
    public void Update_OfReplicas_Rolls(string set, string component, string unavailable, string surge)
    {
        var strategy = Release.Of(set).Deployment(component).Spec.Strategy;

        strategy.Type.ShouldBe("RollingUpdate");
        strategy.RollingUpdate.MaxUnavailable.Value.ShouldBe(unavailable);
        strategy.RollingUpdate.MaxSurge.Value.ShouldBe(surge);
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void Update_OfTrainer_EndsTheOneBeforeTheNext(string set)
    {
        var trainer = Release.Of(set).Deployment("trainer").Spec;

        trainer.Replicas.ShouldBe(1);
        trainer.Strategy.Type.ShouldBe("Recreate");
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void Budgets_OfDisruption_CoverWhatHasReplicasAndBlockNoDrain(string set)
    {
        var release = Release.Of(set);
        var budgets = release.Objects.OfType<V1PodDisruptionBudget>().ToList();

        budgets.ShouldAllBe(budget => budget.Spec.MaxUnavailable.Value == "1");
        foreach (var component in new[] { "orchestrator", "denoiser" })
        {
            var scaler = release.Objects.OfType<V2HorizontalPodAutoscaler>().SingleOrDefault(scaler => scaler.Spec.ScaleTargetRef.Name == $"ddpm-{component}");
            var fewest = scaler?.Spec.MinReplicas ?? release.Deployment(component).Spec.Replicas;
            budgets.Any(budget => budget.Name() == $"ddpm-{component}").ShouldBe(fewest > 1, component);
        }
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void Spread_OfEveryDeployment_IsOverItsOwnPods(string set)
    {
        foreach (var deployment in Release.Of(set).Deployments)
        {
            var spread = deployment.Spec.Template.Spec.TopologySpreadConstraints;
            spread.Select(constraint => constraint.TopologyKey).ShouldBe(["kubernetes.io/hostname", "topology.kubernetes.io/zone"]);
            spread.ShouldAllBe(constraint => constraint.LabelSelector.MatchLabels.SequenceEqual(deployment.Spec.Selector.MatchLabels));
        }
    }

    [Theory]
    [InlineData("denoiser", "Denoiser__Device")]
    [InlineData("trainer", "Trainer__Device")]
    public void Gpu_WhereAskedFor_IsRequestedAndUsed(string component, string setting)
    {
        var pod = Release.Of("gpu").Deployment(component).Spec.Template.Spec;
        var container = pod.Containers.Single();

        container.Resources.Limits["nvidia.com/gpu"].ToString().ShouldBe("1");
        container.Resources.Limits.Keys.ShouldContain("memory", "what was there stays");
        container.Image.ShouldBe($"registry.example.com/diffusion/ddpm-{component}-cuda:0.1.0-rc.1");
        container.Env.Single(variable => variable.Name == setting).Value.ShouldBe("cuda");
        pod.RuntimeClassName.ShouldBe("nvidia");
        pod.Tolerations.ShouldContain(toleration => toleration.Key == "nvidia.com/gpu");
        pod.ImagePullSecrets.Single().Name.ShouldBe("registry");
    }

    [Fact]
    public void Gpu_WhereNotAskedFor_IsNotUsed()
    {
        foreach (var pod in Release.Of(ValueSets.Default).Deployments.Select(deployment => deployment.Spec.Template.Spec))
        {
            pod.Containers.Single().Resources.Limits.Keys.ShouldNotContain("nvidia.com/gpu");
            pod.Tolerations.ShouldBeNull();
            pod.RuntimeClassName.ShouldBeNull();
            pod.Containers.Single().Image.ShouldEndWith(":0.1.0");
        }
    }

    [Fact]
    public void Nodes_OfGpuAndOfService_AreBothAskedFor() =>
        Release.Of("gpu").Deployment("denoiser").Spec.Template.Spec.NodeSelector.ShouldBe(
            new Dictionary<string, string> { ["kubernetes.io/arch"] = "amd64", ["nvidia.com/gpu.present"] = "true" }, ignoreOrder: true);

    [Theory]
    [InlineData("default", true)]
    [InlineData("s3", false)]
    public void Volume_OfJobs_IsWhereBlobsAreKeptInFiles(string set, bool isThere)
    {
        var pod = Release.Of(set).Deployment("orchestrator").Spec.Template.Spec;

        pod.Containers.Single().VolumeMounts.Any(mount => mount is { Name: "jobs", MountPath: "/data/blobs" }).ShouldBe(isThere);
        pod.Containers.Single().VolumeMounts.Select(mount => mount.Name).ShouldBe(pod.Volumes.Select(volume => volume.Name), ignoreOrder: true);
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void Models_OfEveryServiceButTheTrainer_AreReadOnly(string set)
    {
        foreach (var component in new[] { "orchestrator", "denoiser", "trainer" })
        {
            var mount = Release.Of(set).Deployment(component).Spec.Template.Spec.Containers.Single().VolumeMounts.Single(mount => mount.Name == "models");
            mount.MountPath.ShouldBe("/data/models");
            (mount.ReadOnlyProperty ?? false).ShouldBe(component != "trainer", component);
        }
    }
}
