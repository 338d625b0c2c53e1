using Ddpm.Cli.Tests.Fakes;

namespace Ddpm.Cli.Tests;

public sealed class RunsCommandTests
{
    [Theory]
    [InlineData("stop", "stopped")]
    [InlineData("resume", "queued")]
    [InlineData("publish", "stable   stays: It is worse.")]
    [InlineData("delete", "deleted")]
    public async Task Verb_OnARun_AsksForItAndSaysWhatBecame(string verb, string said)
    {
        await using var ddpm = await CommandLineHarness.StartAsync();

        var outcome = await ddpm.RunAsync("runs", verb, "run-1");

        outcome.ExitCode.ShouldBe(ExitCodes.Success, outcome.Error);
        outcome.Output.ShouldContain(said);
        ddpm.Server.Trainer.Asked.ShouldBe([$"{verb} run-1"]);
    }

    [Fact]
    public async Task List_OfMoreThanAPage_AsksForTheNext()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();

        var outcome = await ddpm.RunAsync("runs", "list");

        outcome.Output.ShouldMatch(@"run-1\s+running\s+tiny\s+2/3\s+0\.2500");
        outcome.Output.ShouldMatch(@"run-1\s+succeeded\s+tiny\s+3/3");
    }

    [Fact]
    public async Task Curve_OfARun_IsCsv()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();

        var outcome = await ddpm.RunAsync("runs", "curve", "run-1");

        outcome.Output.ReplaceLineEndings("\n").ShouldBe("step,loss,gradient_norm,learning_rate,loss_1,loss_2,loss_3,loss_4\n1,0.5,2,0.0001,,0.5,,\n");
    }

    [Fact]
    public async Task Train_OnADataSet_TakesTheSuggestedRecipe()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();

        var outcome = await ddpm.RunAsync("train", "--on", "pets");

        outcome.ExitCode.ShouldBe(ExitCodes.Success, outcome.Error);
        ddpm.Server.Trainer.Started.ShouldHaveSingleItem().RecipeJson.ShouldBe("""{"model":{"name":"pets"}}""");
        (await ddpm.RunAsync("train")).ExitCode.ShouldBe(ExitCodes.Usage);
        (await ddpm.RunAsync("recipe", "suggest", "pets", "--model", "cats")).Output.ShouldBe("""{"model":{"name":"cats"}}""");
    }

    [Fact]
    public async Task RollBackAndDelete_OfVersions_SayWhatIsNow()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();

        var back = await ddpm.RunAsync("models", "rollback", "fashion-mnist", "latest");
        var deleted = await ddpm.RunAsync("models", "delete", "fashion-mnist", "abcd");

        back.Output.ShouldContain($"fashion-mnist@latest is again {FakeModelRegistry.Older}");
        deleted.Output.ShouldContain($"Deleted fashion-mnist@{FakeModelRegistry.Newer}");
    }
}
