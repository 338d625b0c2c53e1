using Ddpm.Cli.Tests.Fakes;
using Ddpm.V1;

namespace Ddpm.Cli.Tests;

public sealed class TrainCommandTests
{
    [Fact]
    public async Task Train_OfARecipe_SendsItAndSaysTheVersion()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();
        await File.WriteAllTextAsync(ddpm.PathOf("tiny.json"), """{"model":"tiny"}""", TestContext.Current.CancellationToken);

        var outcome = await ddpm.RunAsync("train", ddpm.PathOf("tiny.json"));

        outcome.ExitCode.ShouldBe(ExitCodes.Success, outcome.Error);
        ddpm.Server.Trainer.Started.ShouldHaveSingleItem().RecipeJson.ShouldBe("""{"model":"tiny"}""");
        outcome.Output.ShouldContain($"Published tiny@{FakeModelRegistry.Newer}");
        outcome.Error.ShouldContain("tiny · step 2/3 · loss 0.2500 · 250 images/s");
    }

    [Fact]
    public async Task Train_ThatFails_EndsWithItsError()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();
        await File.WriteAllTextAsync(ddpm.PathOf("tiny.json"), "{}", TestContext.Current.CancellationToken);
        ddpm.Server.Trainer.Ending = RunState.Failed;

        var outcome = await ddpm.RunAsync("train", ddpm.PathOf("tiny.json"));

        outcome.ExitCode.ShouldBe(ExitCodes.JobFailed);
        outcome.Error.ShouldContain("the loss is not finite");
    }

    [Fact]
    public async Task Train_WithoutTheFile_EndsNotFound()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();

        var outcome = await ddpm.RunAsync("train", ddpm.PathOf("none.json"));

        outcome.ExitCode.ShouldBe(ExitCodes.NotFound);
        outcome.Error.ShouldContain($"There is no recipe {ddpm.PathOf("none.json")}.");
    }
}
