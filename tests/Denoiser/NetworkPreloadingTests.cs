namespace Ddpm.Denoiser.Tests;

public sealed class NetworkPreloadingTests
{
    [Fact]
    public async Task Publication_OfAModelInUse_IsLoadedBeforeAnybodyAsksForIt()
    {
        await using var host = await DenoiserHost.StartAsync("Workers=1");
        var first = await host.PublishGoldenAsync();
        await host.PredictAsync(first, Golden.Instance.Row(0));
        var second = await host.PublishGoldenAsync("v_prediction");

        second.Version.ShouldNotBe(first.Version);
        await Eventually.HoldsAsync(async () => (await host.InfoAsync()).LoadedVersions.Contains($"golden@{second.Version}"));
    }

    [Fact]
    public async Task Publication_OfAModelThatNobodyUses_IsNotLoaded()
    {
        await using var host = await DenoiserHost.StartAsync("Workers=1");
        var used = await host.PublishGoldenAsync();
        await host.PublishGoldenAsync(model: "idle");
        await host.PredictAsync(used, Golden.Instance.Row(0));

        await host.PublishGoldenAsync("v_prediction", "idle");
        var newer = await host.PublishGoldenAsync("v_prediction");
        await Eventually.HoldsAsync(async () => (await host.InfoAsync()).LoadedVersions.Contains($"golden@{newer.Version}"));

        (await host.InfoAsync()).LoadedVersions.ShouldAllBe(version => version.StartsWith("golden@", StringComparison.Ordinal));
    }
}
