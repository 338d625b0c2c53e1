using Ddpm.Cli.Connection;
using Spectre.Console;

namespace Ddpm.Cli;

/// <summary>What a command sees of the world: where it writes, what interrupts it, its environment, and how it hosts services.</summary>
public sealed class Surroundings : IDisposable
{
    // Wide enough that a table in a pipe keeps one row a line.
    private const int WidthOfPipe = 400;

    /// <summary>Results: text for people, or the one JSON document.</summary>
    public required TextWriter Output { get; init; }

    /// <summary>Progress and errors.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Whether <see cref="Output"/> is a terminal.</summary>
    public bool OutputIsTerminal { get; init; }

    /// <summary>Whether <see cref="Error"/> is a terminal, so that progress is a live bar instead of lines.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>Reads an environment variable; null or empty when it is not set.</summary>
    public required Func<string, string?> Variable { get; init; }

    public required Interrupts Interrupts { get; init; }

    /// <summary>Starts the services inside this process, for commands that find no server.</summary>
    public required LocalServer.Start StartLocalServer { get; init; }

    public static Surroundings OfProcess() => new()
    {
        Output = Console.Out,
        Error = Console.Error,
        OutputIsTerminal = !Console.IsOutputRedirected,
        ErrorIsTerminal = !Console.IsErrorRedirected,
        Variable = Environment.GetEnvironmentVariable,
        Interrupts = Interrupts.OfProcess(),
        StartLocalServer = LocalServer.StartStandaloneAsync,
    };

    /// <summary>A console for tables and the like on <see cref="Output"/>.</summary>
    public IAnsiConsole OutputConsole() => ConsoleOn(Output, OutputIsTerminal);

    /// <summary>A console for live progress on <see cref="Error"/>.</summary>
    public IAnsiConsole ErrorConsole() => ConsoleOn(Error, ErrorIsTerminal);

    public void Dispose() => Interrupts.Dispose();

    private static IAnsiConsole ConsoleOn(TextWriter writer, bool isTerminal)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            Interactive = isTerminal ? InteractionSupport.Detect : InteractionSupport.No,
        });
        if (!isTerminal)
            console.Profile.Width = WidthOfPipe;
        return console;
    }
}
