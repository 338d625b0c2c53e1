using System.Globalization;
using Ddpm.V1;
using Google.Protobuf.WellKnownTypes;

namespace Ddpm.Cli.Generate;

/// <summary>The sampler that the user chose, with what the server says of its options.</summary>
internal sealed class SamplerChoice(Sampler sampler)
{
    public int DefaultSteps => sampler.DefaultSteps;

    /// <exception cref="CommandException">The server has no such sampler.</exception>
    public static async Task<SamplerChoice> ResolveAsync(CommandRun run, string name)
    {
        var answer = await run.Server.Client.Orchestrator.ListSamplersAsync(new ListSamplersRequest(), cancellationToken: run.Cancelled);
        return answer.Samplers.FirstOrDefault(sampler => sampler.Name == name) is { } found
            ? new SamplerChoice(found)
            : throw new CommandException(ExitCodes.Usage,
                $"There is no sampler '{name}'. There are: {string.Join(", ", answer.Samplers.Select(sampler => sampler.Name))}.");
    }

    /// <summary>Reads <c>name=value</c> pairs and left-over <c>--name value</c> tokens by the kinds of the sampler's options.</summary>
    /// <exception cref="CommandException">No such option, or a value of the wrong kind. Ranges are the server's to check.</exception>
    public Struct ReadOptions(IReadOnlyList<string> pairs, IReadOnlyList<string> tokens)
    {
        var values = new Struct();
        foreach (var (name, text, spelled) in pairs.Select(SplitPair).Concat(SplitTokens(tokens)))
        {
            if (sampler.Options.FirstOrDefault(option => option.Name == name) is not { } option)
                throw Usage(sampler.Options.Count == 0
                    ? $"There is no option {spelled}; sampler '{sampler.Name}' has none of its own."
                    : $"There is no option {spelled}. Options of sampler '{sampler.Name}': {string.Join(", ", sampler.Options.Select(o => o.Name))}.");
            values.Fields[name] = ReadValue(option, text, spelled);
        }
        return values;
    }

    private static (string Name, string? Text, string Spelled) SplitPair(string pair)
    {
        var equals = pair.IndexOf('=');
        return equals > 0
            ? (pair[..equals], pair[(equals + 1)..], $"--option {pair}")
            : throw Usage($"--option is '{pair}' but must be NAME=VALUE.");
    }

    private static IEnumerable<(string Name, string? Text, string Spelled)> SplitTokens(IReadOnlyList<string> tokens)
    {
        for (var i = 0; i < tokens.Count; i++)
        {
            var token = tokens[i];
            if (!token.StartsWith("--", StringComparison.Ordinal) || token.Length == 2)
                throw Usage($"'{token}' is not understood; see `ddpm generate --help`.");
            var equals = token.IndexOf('=');
            if (equals > 0)
                yield return (token[2..equals], token[(equals + 1)..], token);
            else if (i + 1 < tokens.Count && !tokens[i + 1].StartsWith("--", StringComparison.Ordinal))
                yield return (token[2..], tokens[++i], token);
            else
                yield return (token[2..], null, token);
        }
    }

    private static Value ReadValue(SamplerOption option, string? text, string spelled) => option.KindCase switch
    {
        SamplerOption.KindOneofCase.Flag => text is null || text == "true" ? Value.ForBool(true)
            : text == "false" ? Value.ForBool(false)
            : throw Usage($"{spelled}: '{text}' must be true or false."),
        _ when text is null => throw Usage($"{spelled} needs a value."),
        SamplerOption.KindOneofCase.Number =>
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
                ? Value.ForNumber(number)
                : throw Usage($"{spelled}: '{text}' must be a number."),
        _ => Value.ForString(text),
    };

    private static CommandException Usage(string message) => new(ExitCodes.Usage, message);
}
