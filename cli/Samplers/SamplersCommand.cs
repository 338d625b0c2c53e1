using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Ddpm.Cli.Rendering;
using Ddpm.V1;

namespace Ddpm.Cli.Samplers;

/// <summary><c>ddpm samplers</c>: the samplers with their own options.</summary>
internal static class SamplersCommand
{
    public static Command Create(CommandFactory commands) => commands.OnServer("samplers", "Lists the samplers and their options.", async (_, run) =>
    {
        var answer = await run.Server.Client.Orchestrator.ListSamplersAsync(new ListSamplersRequest(), cancellationToken: run.Cancelled);
        run.Results.Write(
            () => new JsonObject { ["samplers"] = Results.ToJson(answer.Samplers) },
            console =>
            {
                foreach (var sampler in answer.Samplers)
                    Describe(console.Profile.Out.Writer, sampler);
            });
        return ExitCodes.Success;
    });

    private static void Describe(TextWriter writer, Sampler sampler)
    {
        writer.WriteLine($"{sampler.Name}  {sampler.Title}");
        writer.WriteLine($"    {sampler.Summary}");
        writer.WriteLine($"    {sampler.Paper}");
        writer.WriteLine($"    --steps N  1 to {sampler.MaxSteps}, default {sampler.DefaultSteps}");
        foreach (var option in sampler.Options)
        {
            writer.WriteLine($"    --{option.Name} {ValuesOf(option)}");
            writer.WriteLine($"        {option.Help}");
        }
        writer.WriteLine();
    }

    private static string ValuesOf(SamplerOption option) => option.KindCase switch
    {
        SamplerOption.KindOneofCase.Number => string.Create(CultureInfo.InvariantCulture,
            $"{option.Number.Minimum} to {option.Number.Maximum}, default {option.Number.DefaultValue}"),
        SamplerOption.KindOneofCase.Choice =>
            $"{string.Join(" | ", option.Choice.Choices.Select(choice => choice.Value))}, default {option.Choice.DefaultValue}",
        _ => $"true | false, default {(option.Flag.DefaultValue ? "true" : "false")}",
    };
}
