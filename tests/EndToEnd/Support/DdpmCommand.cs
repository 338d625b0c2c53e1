using System.Text.Json.Nodes;

namespace Ddpm.EndToEnd.Tests.Support;

/// <summary>The command line as its own process.</summary>
internal static class DdpmCommand
{
    /// <summary>Starts a command and lets it run.</summary>
    public static RunningProcess Start(IEnumerable<string> arguments, string? workingFolder = null) =>
        RunningProcess.StartDotnet(Repository.Program("cli", "ddpm"), arguments, workingFolder: workingFolder);

    /// <summary>Runs a command to its end.</summary>
    public static async Task<CommandOutcome> RunAsync(params string[] arguments)
    {
        await using var process = Start(arguments);
        var exitCode = await process.ExitAsync();
        return new CommandOutcome(exitCode, process.Output, process.Error);
    }

    /// <summary>Runs a command to its end, which must be success.</summary>
    public static async Task<CommandOutcome> SucceedAsync(params string[] arguments)
    {
        var outcome = await RunAsync(arguments);
        outcome.ExitCode.ShouldBe(0, $"{outcome.Output}\n{outcome.Error}");
        return outcome;
    }
}

internal sealed record CommandOutcome(int ExitCode, string Output, string Error)
{
    /// <summary>What <c>--json</c> wrote.</summary>
    public JsonNode Json => JsonNode.Parse(Output)!;
}
