using System.CommandLine;
using Ddpm.Cli.Connection;
using Ddpm.Cli.Rendering;

namespace Ddpm.Cli;

/// <summary>Gives commands their server and their output.</summary>
internal sealed class CommandFactory(ServerOptions server, Option<bool> json, Surroundings surroundings)
{
    /// <summary>Makes a command that talks to a server.</summary>
    public Command OnServer(string name, string description, Func<ParseResult, CommandRun, Task<int>> run)
    {
        var command = new Command(name, description);
        command.SetAction(async (parse, _) =>
        {
            await using var connection = await ServerConnection.OpenAsync(server.Read(parse, surroundings.Variable), surroundings);
            return await run(parse, new CommandRun(connection, Results(parse), surroundings));
        });
        return command;
    }

    /// <summary>Makes a command that needs no server.</summary>
    public Command Offline(string name, string description, Func<ParseResult, Results, CancellationToken, Task<int>> run)
    {
        var command = new Command(name, description);
        command.SetAction((parse, _) => run(parse, Results(parse), surroundings.Interrupts.Cancel));
        return command;
    }

    private Results Results(ParseResult parse) => new(surroundings, parse.GetValue(json));
}

/// <summary>One command at work.</summary>
/// <param name="Server">The server that it talks to.</param>
/// <param name="Results">Where its result goes.</param>
/// <param name="Surroundings">What interrupts it and where progress goes.</param>
internal sealed record CommandRun(ServerConnection Server, Results Results, Surroundings Surroundings)
{
    /// <summary>Set by the first Ctrl-C.</summary>
    public CancellationToken Cancelled => Surroundings.Interrupts.Cancel;
}
