using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Ddpm.Cli.Connection;
using Ddpm.Cli.DataSets;
using Ddpm.Cli.Evaluation;
using Ddpm.Cli.Generate;
using Ddpm.Cli.Jobs;
using Ddpm.Cli.Likelihood;
using Ddpm.Cli.Models;
using Ddpm.Cli.Predict;
using Ddpm.Cli.Rendering;
using Ddpm.Cli.Samplers;
using Ddpm.Cli.Training;

namespace Ddpm.Cli;

/// <summary>The command <c>ddpm</c>: parses, runs one command, and turns every failure into one message and an exit code.</summary>
public static class CommandLine
{
    private const string ExitCodeHelp = """
        Exit codes:
          0    success
          1    failure: a file that cannot be written, a full queue, a defect
          2    the command line, or a value in it, breaks a rule
          3    no such model, version, job, run or file
          4    no server answers, or it does not accept the key
          5    the job or run began and failed
          130  cancelled with Ctrl-C

        With --json, stdout is exactly one JSON document, errors included; progress is on stderr.
        """;

    /// <param name="args">Arguments without the program's name.</param>
    /// <param name="surroundings">Where it reads and writes.</param>
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    public static async Task<int> RunAsync(string[] args, Surroundings surroundings)
    {
        var json = new Option<bool>("--json")
        {
            Description = "Write one JSON document to stdout, for scripts; progress goes to stderr.",
            Recursive = true,
        };
        var parse = Create(json, surroundings).Parse(args);
        var failures = new FailureReport(surroundings, parse.GetValue(json));
        if (parse.Errors.Count > 0)
            return failures.Usage(parse);
        try
        {
            return await parse.InvokeAsync(new InvocationConfiguration
            {
                Output = surroundings.Output,
                Error = surroundings.Error,
                EnableDefaultExceptionHandler = false,
                // Ctrl-C is counted by Interrupts, which cancels the job before the process ends.
                ProcessTerminationTimeout = null,
            });
        }
        catch (Exception e)
        {
            return failures.Failure(e);
        }
    }

    private static RootCommand Create(Option<bool> json, Surroundings surroundings)
    {
        var server = new ServerOptions();
        var root = new RootCommand("Generates images with diffusion models, and trains them.");
        var commands = new CommandFactory(server, json, surroundings);
        root.Subcommands.Add(GenerateCommand.Create(commands));
        root.Subcommands.Add(JobsCommand.Create(commands));
        root.Subcommands.Add(ModelsCommand.Create(commands));
        root.Subcommands.Add(DataCommand.Create(commands));
        root.Subcommands.Add(SamplersCommand.Create(commands));
        root.Subcommands.Add(LikelihoodCommand.Create(commands));
        root.Subcommands.Add(TrainCommand.Create(commands));
        root.Subcommands.Add(RunsCommand.Create(commands));
        root.Subcommands.Add(RecipeCommand.Create(commands));
        root.Subcommands.Add(EvalCommand.Create(commands));
        root.Subcommands.Add(PredictCommand.Create(commands));
        server.AddTo(root);
        root.Options.Add(json);
        foreach (var help in root.Options.OfType<HelpOption>())
            help.Action = new HelpWithExitCodes((HelpAction)help.Action!);
        return root;
    }

    private sealed class HelpWithExitCodes(HelpAction inner) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            var result = inner.Invoke(parseResult);
            if (parseResult.CommandResult.Command is RootCommand)
                parseResult.InvocationConfiguration.Output.WriteLine(ExitCodeHelp);
            return result;
        }
    }
}
