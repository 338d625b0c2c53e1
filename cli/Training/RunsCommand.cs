using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Ddpm.Cli.Rendering;
using Ddpm.V1;
using Spectre.Console;

namespace Ddpm.Cli.Training;

/// <summary><c>ddpm runs</c>: training runs, how far they are, and what becomes of them.</summary>
internal static class RunsCommand
{
    // The most that one answer holds.
    private const int PageSize = 100;

    public static Command Create(CommandFactory commands)
    {
        var runs = new Command("runs", "Lists, shows, watches, stops, resumes, publishes and deletes training runs.");
        runs.Subcommands.Add(List(commands));
        runs.Subcommands.Add(OnRun(commands, "show", "Shows a run.", async (run, id) =>
            (await run.Server.Trainer.Trainer.GetRunAsync(new GetRunRequest { RunId = id }, cancellationToken: run.Cancelled)).Run));
        runs.Subcommands.Add(OnRun(commands, "watch", "Watches a run until it ends; Ctrl-C stops watching, not the run.", async (run, id) =>
        {
            var answer = await run.Server.Trainer.Trainer.GetRunAsync(new GetRunRequest { RunId = id }, cancellationToken: run.Cancelled);
            return await RunWatch.ToEndAsync(run, answer.Run, stopOnInterrupt: false);
        }));
        runs.Subcommands.Add(OnRun(commands, "stop", "Stops a run after the step under way; it can be resumed.", async (run, id) =>
            (await run.Server.Trainer.Trainer.StopRunAsync(new StopRunRequest { RunId = id }, cancellationToken: run.Cancelled)).Run));
        runs.Subcommands.Add(OnRun(commands, "resume", "Queues a stopped or failed run again; it goes on from its last checkpoint.", async (run, id) =>
            (await run.Server.Trainer.Trainer.ResumeRunAsync(new ResumeRunRequest { RunId = id }, cancellationToken: run.Cancelled)).Run));
        runs.Subcommands.Add(OnRun(commands, "publish", "Publishes the last checkpoint of a stopped or failed run.", async (run, id) =>
            (await run.Server.Trainer.Trainer.PublishRunAsync(new PublishRunRequest { RunId = id }, cancellationToken: run.Cancelled)).Run));
        runs.Subcommands.Add(Delete(commands));
        runs.Subcommands.Add(Curve(commands));
        return runs;
    }

    /// <summary>Says what a run published, which aliases name it, and why <c>stable</c> does or does not.</summary>
    public static void DescribePublication(TextWriter writer, Run run)
    {
        writer.WriteLine($"Published {run.Model}@{run.PublishedVersion} (run {run.Id})");
        if (run.Publication is not { } publication)
            return;
        writer.WriteLine($"  aliases  {string.Join(", ", publication.Aliases)}");
        if (publication.Gate is { } gate)
            writer.WriteLine($"  stable   {(gate.Passed ? "moved" : "stays")}: {gate.Reason}");
    }

    private static Command List(CommandFactory commands)
    {
        var limit = new Option<int>("--limit") { Description = "At most this many, newest first.", HelpName = "N", DefaultValueFactory = _ => 20 };
        limit.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, out var value) && value < 1)
                result.AddError($"--limit is {value} but must be at least 1.");
        });
        var list = commands.OnServer("list", "Lists runs, newest first.", async (parse, run) =>
        {
            var found = await ListAsync(run, parse.GetValue(limit));
            run.Results.Write(() => new JsonObject { ["runs"] = Results.ToJson(found) }, console => Tabulate(console, found));
            return ExitCodes.Success;
        });
        list.Options.Add(limit);
        return list;
    }

    private static Command Delete(CommandFactory commands)
    {
        var id = new Argument<string>("RUN") { Description = "The run's id." };
        var delete = commands.OnServer("delete", "Deletes a run that has ended; what it published stays.", async (parse, run) =>
        {
            await run.Server.Trainer.Trainer.DeleteRunAsync(new DeleteRunRequest { RunId = parse.GetValue(id)! }, cancellationToken: run.Cancelled);
            run.Results.Write(
                () => new JsonObject { ["deleted"] = parse.GetValue(id)! },
                console => console.Profile.Out.Writer.WriteLine($"Run {parse.GetValue(id)}: deleted"));
            return ExitCodes.Success;
        });
        delete.Arguments.Add(id);
        return delete;
    }

    private static Command Curve(CommandFactory commands)
    {
        var id = new Argument<string>("RUN") { Description = "The run's id." };
        var points = new Option<int>("--points") { Description = "The most lines, each the mean of a stretch of steps, 2 to 10000.", HelpName = "N", DefaultValueFactory = _ => 500 };
        var curve = commands.OnServer("curve", "Writes loss, gradient norm and learning rate of a run's steps as CSV.", async (parse, run) =>
        {
            var answer = await run.Server.Trainer.Trainer.GetRunCurveAsync(
                new GetRunCurveRequest { RunId = parse.GetValue(id)!, MaxPoints = parse.GetValue(points) }, cancellationToken: run.Cancelled);
            run.Results.Write(() => Results.ToJson(answer), console =>
            {
                var writer = console.Profile.Out.Writer;
                writer.WriteLine("step,loss,gradient_norm,learning_rate,loss_1,loss_2,loss_3,loss_4");
                foreach (var point in answer.Points)
                {
                    var quartiles = Enumerable.Range(1, 4).Select(number => point.QuartileLosses.FirstOrDefault(quartile => quartile.Quartile == number)?.Loss);
                    writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{point.Step},{point.Loss:R},{point.GradientNorm:R},{point.LearningRate:R},")
                        + string.Join(',', quartiles.Select(loss => loss?.ToString("R", CultureInfo.InvariantCulture))));
                }
            });
            return ExitCodes.Success;
        });
        curve.Arguments.Add(id);
        curve.Options.Add(points);
        return curve;
    }

    private static Command OnRun(CommandFactory commands, string name, string description, Func<CommandRun, string, Task<Run>> act)
    {
        var id = new Argument<string>("RUN") { Description = "The run's id." };
        var command = commands.OnServer(name, description, async (parse, run) =>
        {
            var answered = await act(run, parse.GetValue(id)!);
            run.Results.Write(() => Results.ToJson(answered), console => Describe(console.Profile.Out.Writer, answered));
            return ExitCodes.Success;
        });
        command.Arguments.Add(id);
        return command;
    }

    private static async Task<IReadOnlyList<Run>> ListAsync(CommandRun run, int limit)
    {
        var runs = new List<Run>();
        var request = new ListRunsRequest();
        do
        {
            request.PageSize = Math.Min(PageSize, limit - runs.Count);
            var page = await run.Server.Trainer.Trainer.ListRunsAsync(request, cancellationToken: run.Cancelled);
            runs.AddRange(page.Runs);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0 && runs.Count < limit);
        return runs;
    }

    private static void Tabulate(IAnsiConsole console, IEnumerable<Run> runs)
    {
        var table = new Table().Border(TableBorder.None).AddColumns("RUN", "STATE", "MODEL", "STEPS", "LOSS", "SUBMITTED");
        foreach (var run in runs)
        {
            table.AddRow(
                run.Id, Format.State(run.State), Markup.Escape(run.Model), $"{run.StepsDone}/{run.StepsTotal}",
                run.StepsDone == 0 ? "" : run.Loss.ToString("0.0000", CultureInfo.InvariantCulture), Format.Time(run.CreatedAt));
        }
        console.Write(table);
    }

    private static void Describe(TextWriter writer, Run run)
    {
        writer.WriteLine($"run {run.Id}");
        writer.WriteLine($"  state     {Format.State(run.State)}{(run.Error.Length == 0 ? "" : $": {run.Error}")}");
        writer.WriteLine($"  model     {run.Model}{(run.Parent.Length == 0 ? "" : $", trained further from {run.Parent}")}");
        writer.WriteLine($"  steps     {run.StepsDone} of {run.StepsTotal}");
        if (run.StepsDone > 0)
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  loss      {run.Loss:0.0000}"));
        if (run.TrainingImages > 0)
            writer.WriteLine($"  images    {Format.Count(run.TrainingImages)}, and {Format.Count(run.ValidationImages)} kept apart");
        foreach (var samples in run.Samples)
        {
            var loss = samples.HasValidationLoss ? string.Create(CultureInfo.InvariantCulture, $", loss on images kept apart {samples.ValidationLoss:0.0000}") : "";
            writer.WriteLine($"  step {samples.Step,-8} {Format.ShortVersion(samples.Version)}{loss}{(samples.JobId.Length > 0 ? $", samples are job {samples.JobId}" : $", no samples: {samples.Error}")}");
        }
        if (run.PublishedVersion.Length > 0)
            DescribePublication(writer, run);
        writer.WriteLine($"  submitted {Format.Time(run.CreatedAt)}");
        writer.WriteLine($"  finished  {Format.Time(run.FinishedAt)}");
    }
}
