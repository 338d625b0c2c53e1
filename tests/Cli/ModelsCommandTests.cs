using Ddpm.Cli.Tests.Fakes;

namespace Ddpm.Cli.Tests;

public sealed class ModelsCommandTests
{
    [Fact]
    public async Task List_OfModels_ShowsWhatLatestIs()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();

        var outcome = await ddpm.RunAsync("models", "list");

        outcome.Output.ShouldMatch(@"fashion-mnist\s+abcd11111111\s+1×32×32\s+3\s+1,234,567");
    }

    [Theory]
    [InlineData("fashion-mnist@stable")]
    [InlineData("fashion-mnist@abce")]
    public async Task Show_OfAVersion_TakesAliasesAndBeginnings(string name)
    {
        await using var ddpm = await CommandLineHarness.StartAsync();

        var outcome = await ddpm.RunAsync("models", "show", name, "--json");

        outcome.Json["version"]!.GetValue<string>().ShouldBe(FakeModelRegistry.Older);
    }

    [Theory]
    [InlineData("fashion-mnist@beta", "Model 'fashion-mnist' has no version or alias 'beta'. Aliases: latest, stable.")]
    [InlineData("fashion-mnist@abc", "Model 'fashion-mnist' has no version or alias 'abc'.")]
    [InlineData("emoji", "There is no model 'emoji'.")]
    public async Task Show_OfWhatIsNotThere_EndsNotFound(string name, string message)
    {
        await using var ddpm = await CommandLineHarness.StartAsync();

        var outcome = await ddpm.RunAsync("models", "show", name);

        outcome.ExitCode.ShouldBe(ExitCodes.NotFound);
        outcome.Error.ShouldContain(message);
    }

    [Fact]
    public async Task Alias_ToTheBeginningOfAVersion_MovesItToTheWholeId()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();

        var outcome = await ddpm.RunAsync("models", "alias", "fashion-mnist", "best", "abcd");

        outcome.ExitCode.ShouldBe(ExitCodes.Success, outcome.Error);
        var moved = ddpm.Server.Models.Moved.ShouldHaveSingleItem();
        moved.Alias.ShouldBe("best");
        moved.Version.ShouldBe(FakeModelRegistry.Newer);
    }
}
