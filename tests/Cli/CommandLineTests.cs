namespace Ddpm.Cli.Tests;

public sealed class CommandLineTests
{
    [Fact]
    public async Task Help_OfTheRoot_DocumentsEveryExitCode()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();

        var outcome = await ddpm.RunWithoutServerAsync("--help");

        outcome.ExitCode.ShouldBe(ExitCodes.Success);
        foreach (var code in typeof(ExitCodes).GetFields().Select(field => (int)field.GetRawConstantValue()!))
            outcome.Output.ShouldMatch($@"(?m)^ *{code} +\w");
    }

    [Fact]
    public async Task UnknownCommand_IsAUsageErrorWithJsonDocument()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();

        var outcome = await ddpm.RunAsync("jobs", "lits", "--json");

        outcome.ExitCode.ShouldBe(ExitCodes.Usage);
        outcome.Error.ShouldContain("lits");
        outcome.Json["error"]!["exitCode"]!.GetValue<int>().ShouldBe(ExitCodes.Usage);
    }

    [Fact]
    public async Task Samplers_Listed_ShowTheirOptionsWithRanges()
    {
        await using var ddpm = await CommandLineHarness.StartAsync();

        var outcome = await ddpm.RunAsync("samplers");

        outcome.Output.ShouldContain("--eta 0 to 1, default 0");
        outcome.Output.ShouldContain("--spacing uniform | quadratic, default uniform");
        outcome.Output.ShouldContain("--clip true | false, default true");
    }
}
