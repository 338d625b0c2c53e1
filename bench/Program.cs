using System.CommandLine;
using System.Text.Json;
using Ddpm.Bench.Measuring;
using Ddpm.Bench.Parts;
using Ddpm.Bench.Subjects;
using Spectre.Console;

if (args is [BusyProcessors.Argument])
    return BusyProcessors.Spin();

IPart[] parts = [new EvaluationPart(), new ProfilePart(), new TrajectoryPart(), new ConcurrencyPart(), new CheckpointPart(), new WirePart(), new BusyPart(), new TrainingPart()];

var chosen = new Argument<string[]>("PART")
{
    Description = $"Parts to run: {string.Join("; ", parts.Select(part => $"{part.Name}, {part.Summary}"))}. Default: all but training.",
    Arity = ArgumentArity.ZeroOrMore,
};
chosen.AcceptOnlyFromAmong([.. parts.Select(part => part.Name)]);
var rounds = new Option<int>("--rounds") { Description = "Rounds of each contest, at least 3.", HelpName = "N", DefaultValueFactory = _ => 12 };
rounds.Validators.Add(result =>
{
    if (result.GetValueOrDefault<int>() < 3)
        result.AddError("--rounds must be at least 3.");
});
var output = new Option<string?>("--out") { Description = "Folder for bench.md and its plot, bench.svg.", HelpName = "DIR" };
var json = new Option<bool>("--json") { Description = "Print one JSON document: the ratios by name, and everything that was found." };
var command = new RootCommand("Measures this machine: every figure against another one of the same run.") { chosen, rounds, output, json };
command.SetAction(async (parse, cancellationToken) =>
{
    var names = parse.GetValue(chosen)!;
    var report = new Report();
    foreach (var part in parts.Where(part => names.Length == 0 ? part is not TrainingPart : names.Contains(part.Name)))
    {
        cancellationToken.ThrowIfCancellationRequested();
        await part.RunAsync(report, parse.GetValue(rounds));
    }
    if (parse.GetValue(output) is { } folder)
        report.Save(folder);
    if (parse.GetValue(json))
        Console.WriteLine(report.ToJson().ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
    else
        report.Write(Wide(AnsiConsole.Console));
});
return await command.Parse(args).InvokeAsync();

// A file or a pipe has no width of its own.
static IAnsiConsole Wide(IAnsiConsole console)
{
    if (Console.IsOutputRedirected)
        console.Profile.Width = 240;
    return console;
}
