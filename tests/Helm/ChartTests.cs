using k8s.Models;

namespace Ddpm.Helm.Tests;

/// <summary>The chart as a whole: helm renders it, Kubernetes' schema takes it, and what its objects name is there.</summary>
public sealed class ChartTests
{
    public static TheoryData<string> Sets => [.. ValueSets.All];

    [Theory]
    [MemberData(nameof(Sets))]
    public void Lint_OfChart_FindsNothing(string set)
    {
        var result = HelmCommand.Run(["lint", "--strict", HelmCommand.Chart, .. ValueSets.Arguments(set)]);

        result.ExitCode.ShouldBe(0, result.Output + result.Error);
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void Objects_OfChart_AreOfKubernetesSchema(string set) => Release.Of(set).Objects.Count.ShouldBeGreaterThan(15);

    [Theory]
    [MemberData(nameof(Sets))]
    public void Names_OfObjects_AreUniqueByKind(string set) =>
        Release.Of(set).Documents.Select(document => $"{document["kind"]} {document["metadata"]!["name"]}").ShouldBeUnique();

    [Fact]
    public void Names_OfLongRelease_AreLabels()
    {
        // The longest name that helm takes.
        var result = HelmCommand.Run("template", new string('r', 53), HelmCommand.Chart);

        result.ExitCode.ShouldBe(0, result.Error);
        var names = YamlReader.ReadAll(result.Output).Select(document => (string)document["metadata"]!["name"]!).ToList();
        names.ShouldAllBe(name => name.Length <= 63);
        names.ShouldContain(name => name.EndsWith("-orchestrator", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void Selectors_OfEveryObject_SelectPodsOfOneComponent(string set)
    {
        var release = Release.Of(set);

        var selectors = release.Deployments.Select(deployment => (Of: $"Deployment {deployment.Name()}", Selector: deployment.Spec.Selector.MatchLabels))
            .Concat(release.Objects.OfType<V1Service>().Select(service => (Of: $"Service {service.Name()}", service.Spec.Selector)))
            .Concat(release.Objects.OfType<V1PodDisruptionBudget>().Select(budget => (Of: $"PodDisruptionBudget {budget.Name()}", Selector: budget.Spec.Selector.MatchLabels)));

        foreach (var (of, selector) in selectors)
        {
            var component = of[(of.LastIndexOf('-') + 1)..];
            release.Pods.Where(pod => selector.Selects(pod.Metadata.Labels)).Select(pod => pod.Metadata.Labels["app.kubernetes.io/component"])
                .ShouldBe([component], of);
        }
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void Secrets_OfEveryContainer_AreTheChartsOrDeclaredExternal(string set)
    {
        var release = Release.Of(set);
        var values = ChartValues.Of(set);
        var given = release.Objects.OfType<V1Secret>().SelectMany(secret => secret.StringData.Keys.Select(key => $"{secret.Name()}/{key}")).ToHashSet();
        var external = values.ExternalSecrets.ToHashSet();

        var wanted = release.Pods.SelectMany(pod => pod.Spec.Containers).SelectMany(container => container.Env ?? [])
            .Select(variable => variable.ValueFrom?.SecretKeyRef).OfType<V1SecretKeySelector>().Select(reference => $"{reference.Name}/{reference.Key}").ToHashSet();

        wanted.Where(secret => !given.Contains(secret) && !external.Contains(secret)).ShouldBeEmpty();
        given.Except(wanted).ShouldBeEmpty("a credential that nobody reads");
    }

    [Fact]
    public void Secret_OfGivenCredentials_HoldsThemAsTheyWere()
    {
        var secret = Release.Of("credentials").Objects.OfType<V1Secret>().ShouldHaveSingleItem();

        secret.Name().ShouldNotBe("ddpm-credentials", "that is what the Secret made beforehand is called");
        secret.StringData["database"].ShouldBe("Host=postgres;Database=ddpm;Username=ddpm;Password=p\"w: #1");
        secret.StringData["redis"].ShouldBe("redis:6379,password=secret");
        secret.StringData["api-key-1"].ShouldBe("the-key-before-0123456789");
    }

    [Fact]
    public void Secret_OfExistingCredentials_IsNotMade() => Release.Of("existing").Objects.OfType<V1Secret>().ShouldBeEmpty();

    [Fact]
    public void Keys_OfObjectStoreByRole_AreNotGiven()
    {
        var release = Release.Of("role");

        release.Deployment("orchestrator").Spec.Template.Spec.Containers.Single().Env.Select(variable => variable.Name)
            .Where(name => name.StartsWith("Storage__S3__", StringComparison.Ordinal)).ShouldBe(["Storage__S3__Bucket", "Storage__S3__Region"]);
        release.Objects.OfType<V1ServiceAccount>().Where(account => account.Metadata.Annotations is not null).ShouldHaveSingleItem().Metadata.Name.ShouldBe("ddpm-orchestrator");
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void Claims_OfEveryPod_AreTheChartsOrDeclaredExternal(string set)
    {
        var release = Release.Of(set);
        var made = release.Objects.OfType<V1PersistentVolumeClaim>().ToDictionary(claim => claim.Name());

        var wanted = release.Deployments.SelectMany(deployment => deployment.Spec.Template.Spec.Volumes.Select(volume => (deployment, volume.PersistentVolumeClaim?.ClaimName)))
            .Where(use => use.ClaimName is not null).ToList();

        wanted.Select(use => use.ClaimName!).Distinct().Where(claim => !made.ContainsKey(claim)).ShouldBe(ChartValues.Of(set).ExternalClaims, ignoreOrder: true);
        made.Keys.Except(wanted.Select(use => use.ClaimName!)).ShouldBeEmpty("a volume that nobody mounts");
        foreach (var (deployment, claim) in wanted.Where(use => made.ContainsKey(use.ClaimName!)))
        {
            var isShared = wanted.Count(use => use.ClaimName == claim) > 1 || deployment.Spec.Strategy.Type != "Recreate";
            made[claim!].Spec.AccessModes.ShouldBe([isShared ? "ReadWriteMany" : "ReadWriteOnce"], claim);
        }
    }
}
