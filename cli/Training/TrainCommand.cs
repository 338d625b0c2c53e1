using System.CommandLine;
using System.Globalization;
using Ddpm.Cli.Rendering;
using Ddpm.V1;

namespace Ddpm.Cli.Training;

/// <summary><c>ddpm train</c>: runs a recipe and says which version it published.</summary>
internal static class TrainCommand
{
    public static Command Create(CommandFactory commands)
    {
        var recipe = new Argument<string>("RECIPE") { Description = "Recipe, a JSON file; docs/cli.md describes it." };
        var train = commands.OnServer("train", "Trains a model by a recipe and publishes a version of it.", async (parse, run) =>
        {
            var json = await ReadAsync(parse.GetValue(recipe)!, run.Cancelled);
            var started = await run.Server.Trainer.Trainer.StartRunAsync(
                new StartRunRequest { RequestId = Guid.NewGuid().ToString("N"), RecipeJson = json },
                cancellationToken: run.Surroundings.Interrupts.Leave);
            var ended = await ProgressView.ShowAsync(run.Surroundings, started.Run.Model, view => FollowAsync(run, started.Run, view));
            switch (ended.State)
            {
                case RunState.Failed:
                    throw new CommandException(ExitCodes.JobFailed, $"Run {ended.Id} failed: {ended.Error}");
                case RunState.Stopped:
                    throw new CommandException(ExitCodes.Cancelled, $"Run {ended.Id} was stopped after {ended.StepsDone} of {ended.StepsTotal} steps; nothing was published.");
            }
            run.Results.Write(
                () => Results.ToJson(ended),
                console => console.Profile.Out.Writer.WriteLine($"Published {ended.Model}@{ended.PublishedVersion} (run {ended.Id})"));
            return ExitCodes.Success;
        });
        train.Arguments.Add(recipe);
        return train;
    }

    private static async Task<string> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await File.ReadAllTextAsync(path, cancellationToken);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CommandException(ExitCodes.NotFound, $"There is no recipe {Path.GetFullPath(path)}.");
        }
    }

    private static async Task<Run> FollowAsync(CommandRun run, Run started, ProgressView view)
    {
        var interrupts = run.Surroundings.Interrupts;
        var stopping = Task.CompletedTask;
        using var registration = interrupts.Cancel.Register(() => stopping = StopAsync());

        var last = started;
        try
        {
            await foreach (var runEvent in run.Server.Trainer.WatchRunAsync(started.Id, Math.Max(1, started.LastEvent), interrupts.Leave))
            {
                last = runEvent.Run;
                view.Report(FiguresOf(runEvent));
            }
            await stopping;
        }
        catch (OperationCanceledException) when (interrupts.Leave.IsCancellationRequested)
        {
            throw new CommandException(ExitCodes.Cancelled, $"Left run {started.Id}.");
        }
        return last;

        async Task StopAsync()
        {
            view.Say("Stopping after the training step under way; Ctrl-C again leaves at once.");
            await run.Server.Trainer.Trainer.StopRunAsync(new StopRunRequest { RunId = started.Id }, cancellationToken: interrupts.Leave);
        }
    }

    private static ProgressFigures FiguresOf(RunEvent runEvent)
    {
        var run = runEvent.Run;
        var details = run.StepsDone == 0
            ? run.State.ToString().ToLowerInvariant()
            : string.Create(CultureInfo.InvariantCulture, $"loss {run.Loss:0.0000}")
                + (runEvent.HasImagesPerSecond ? string.Create(CultureInfo.InvariantCulture, $" · {runEvent.ImagesPerSecond:0} images/s") : "");
        return new ProgressFigures(run.StepsDone, run.StepsTotal, details, runEvent.TimeLeft?.ToTimeSpan());
    }
}
