using Ddpm.Networks;
using Ddpm.Trainer.Recipes;

namespace Ddpm.Trainer.Registry;

public sealed class ShippedModelsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Start_WithANewerShippedVersion_MovesLatestAlong()
    {
        var old = await ShipAsync("old");

        var model = await ModelAfterShippingAsync("new");

        model.Versions.Count.ShouldBe(2);
        model.Aliases["latest"].ShouldBe(model.Aliases["shipped"]);
        model.Aliases["stable"].ShouldBe(model.Aliases["shipped"]);
        model.Aliases["latest"].ShouldNotBe(old);
    }

    [Fact]
    public async Task Start_WithANewerShippedVersion_LeavesALatestThatSomeoneMoved()
    {
        var old = await ShipAsync("old");
        await ShipAsync("new");
        await using (var trainer = await StartAsync("new"))
            await trainer.MoveAliasAsync("tiny", "latest", old);

        var model = await ModelAfterShippingAsync("newest");

        model.Versions.Count.ShouldBe(3);
        model.Aliases["latest"].ShouldBe(old);
        model.Aliases["shipped"].ShouldNotBe(old);
    }

    private async Task<string> ShipAsync(string release) => (await ModelAfterShippingAsync(release)).Aliases["shipped"];

    private async Task<V1.Model> ModelAfterShippingAsync(string release)
    {
        await using var trainer = await StartAsync(release);
        return await trainer.GetModelAsync("tiny");
    }

    /// <summary>Starts a release of the program; each ships another card, so another version.</summary>
    private Task<TrainerUnderTest> StartAsync(string release)
    {
        var models = Path.Combine(_folder.Path, release);
        if (!Directory.Exists(models))
        {
            Directory.CreateDirectory(models);
            using var network = new UNet2DModel(Recipe.Parse(TinyData.Recipe).Network);
            var card = new Dictionary<string, string> { ["README.md"] = release };
            Checkpoint.Save(Path.Combine(models, "tiny"), network, new SchedulerConfig(), ModelIndex.Unconditional, card);
        }
        return TrainerUnderTest.StartAsync(_folder.Path, $"--Trainer:ShippedModels={models}");
    }
}
