using System.Globalization;
using Ddpm.Cli.Rendering;
using Ddpm.V1;

namespace Ddpm.Cli.Training;

/// <summary>Follows a training run to its end.</summary>
internal static class RunWatch
{
    /// <summary>Shows a run's progress until it ends.</summary>
    /// <param name="run">The command.</param>
    /// <param name="started">The run as it was last seen.</param>
    /// <param name="stopOnInterrupt">Whether the first Ctrl-C stops the run and the second leaves it; else the first leaves it.</param>
    /// <returns>The run at its end.</returns>
    /// <exception cref="CommandException">It failed, was stopped, or was left.</exception>
    public static async Task<Run> ToEndAsync(CommandRun run, Run started, bool stopOnInterrupt)
    {
        var ended = await ProgressView.ShowAsync(run.Surroundings, started.Model, view => FollowAsync(run, started, stopOnInterrupt, view));
        return ended.State switch
        {
            RunState.Failed => throw new CommandException(ExitCodes.JobFailed, $"Run {ended.Id} failed: {ended.Error}"),
            RunState.Stopped => throw new CommandException(
                ExitCodes.Cancelled,
                $"Run {ended.Id} was stopped after {ended.StepsDone} of {ended.StepsTotal} steps. `ddpm runs resume {ended.Id}` goes on, `ddpm runs publish {ended.Id}` publishes what it has."),
            _ => ended,
        };
    }

    private static async Task<Run> FollowAsync(CommandRun run, Run started, bool stopOnInterrupt, ProgressView view)
    {
        var interrupts = run.Surroundings.Interrupts;
        var leave = stopOnInterrupt ? interrupts.Leave : interrupts.Cancel;
        var stopping = Task.CompletedTask;
        using var registration = stopOnInterrupt ? interrupts.Cancel.Register(() => stopping = StopAsync()) : default;

        var last = started;
        try
        {
            await foreach (var happened in run.Server.Trainer.WatchRunAsync(started.Id, Math.Max(1, started.LastEvent), leave))
            {
                last = happened.Run;
                view.Report(FiguresOf(happened));
            }
            await stopping;
        }
        catch (OperationCanceledException) when (leave.IsCancellationRequested)
        {
            throw new CommandException(ExitCodes.Cancelled, run.Server.IsLocal
                ? $"Left run {started.Id}; it continues when the services run again."
                : $"Left run {started.Id}; it goes on. `ddpm runs watch {started.Id}` takes it up again.");
        }
        return last;

        async Task StopAsync()
        {
            view.Say("Stopping after the training step under way; Ctrl-C again leaves at once.");
            await run.Server.Trainer.Trainer.StopRunAsync(new StopRunRequest { RunId = started.Id }, cancellationToken: leave);
        }
    }

    private static ProgressFigures FiguresOf(RunEvent happened)
    {
        var run = happened.Run;
        var details = run.StepsDone == 0
            ? Format.State(run.State)
            : string.Create(CultureInfo.InvariantCulture, $"loss {run.Loss:0.0000}")
                + (happened.HasImagesPerSecond ? string.Create(CultureInfo.InvariantCulture, $" · {happened.ImagesPerSecond:0} images/s") : "");
        return new ProgressFigures(run.StepsDone, run.StepsTotal, details, happened.TimeLeft?.ToTimeSpan());
    }
}
