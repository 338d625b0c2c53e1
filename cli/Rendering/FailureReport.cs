using System.CommandLine;
using System.Text.Json.Nodes;
using Ddpm.Protocol;
using Ddpm.Safetensors;
using Grpc.Core;

namespace Ddpm.Cli.Rendering;

/// <summary>Says why a command failed: one message on stderr, with <c>--json</c> also one document on stdout. Never a stack trace.</summary>
internal sealed class FailureReport(Surroundings surroundings, bool isJson)
{
    /// <summary>Reports a command line that does not parse.</summary>
    public int Usage(ParseResult parse)
    {
        var command = parse.CommandResult.Command;
        var path = command is RootCommand ? "ddpm" : $"ddpm {string.Join(' ', Names(command))}";
        return Report(
            ExitCodes.Usage,
            $"{string.Join(Environment.NewLine, parse.Errors.Select(error => error.Message))}{Environment.NewLine}See `{path} --help`.",
            []);
    }

    /// <summary>Reports what a command threw.</summary>
    public int Failure(Exception exception) => exception switch
    {
        CommandException e => Report(e.ExitCode, e.Message, []),
        RpcException e => Report(ExitCodes.Of(e.StatusCode), Describe(e), e.FieldViolations()),
        OperationCanceledException => Report(ExitCodes.Cancelled, "Cancelled.", []),
        SafetensorsException or InvalidDataException => Report(ExitCodes.Usage, exception.Message, []),
        FileNotFoundException or DirectoryNotFoundException => Report(ExitCodes.NotFound, exception.Message, []),
        _ => Report(ExitCodes.Failure, exception.Message, []),
    };

    private int Report(int exitCode, string message, IReadOnlyList<(string Field, string Rule)> violations)
    {
        surroundings.Error.WriteLine($"ddpm: {message}");
        foreach (var (field, rule) in violations)
            surroundings.Error.WriteLine($"  {field}: {rule}");
        if (isJson)
        {
            new Results(surroundings, isJson).Write(
                () => new JsonObject
                {
                    ["error"] = new JsonObject
                    {
                        ["exitCode"] = exitCode,
                        ["message"] = message,
                        ["violations"] = new JsonArray([.. violations.Select(v => new JsonObject { ["field"] = v.Field, ["rule"] = v.Rule })]),
                    },
                },
                _ => { });
        }
        return exitCode;
    }

    private static string Describe(RpcException exception)
    {
        if (exception.FieldViolations().Count > 0)
            return "The server refuses the request:";
        return exception.StatusCode switch
        {
            StatusCode.Unavailable => $"The server does not answer any more: {exception.Status.Detail}",
            StatusCode.Unauthenticated => "The server asks for a key: give --api-key or set DDPM_API_KEY.",
            StatusCode.PermissionDenied => "The server does not accept this key.",
            StatusCode.ResourceExhausted when exception.RetryAfter() is { } delay =>
                $"{exception.Status.Detail} Try again in {Math.Ceiling(delay.TotalSeconds)} s.",
            _ => exception.Status.Detail,
        };
    }

    private static IEnumerable<string> Names(Symbol command) =>
        command.Parents.OfType<Command>().Where(parent => parent is not RootCommand).SelectMany(Names).Append(command.Name);
}
