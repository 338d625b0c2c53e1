namespace Ddpm.Containers.Tests.Support;

/// <summary>The scenarios that share a <see cref="Cluster"/>.</summary>
[CollectionDefinition(Name)]
public sealed class ClusterScenarios : ICollectionFixture<Cluster>
{
    public const string Name = "cluster";
}

/// <summary>Something that happens to a whole <see cref="Cluster"/>. One that fails shows what the services logged.</summary>
[Collection(ClusterScenarios.Name)]
public abstract class ClusterScenario(Cluster cluster) : IAsyncLifetime
{
    protected Cluster Cluster => cluster;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Images.OrSkip("orchestrator");
        await cluster.MendAsync();
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (TestContext.Current.TestState?.Result != TestResult.Failed)
            return;
        foreach (var container in cluster.Orchestrators.Concat(cluster.Denoisers))
            TestContext.Current.TestOutputHelper?.WriteLine($"{container.Name}\n{await Cluster.LogAsync(container)}");
    }
}
