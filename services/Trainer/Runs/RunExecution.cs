using Ddpm.Hosting;
using Ddpm.Networks;
using Ddpm.Storage;
using Ddpm.Storage.Models;
using Ddpm.Trainer.Data;
using Ddpm.Trainer.Recipes;
using Ddpm.Trainer.Training;
using Ddpm.V1;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Options;
using static TorchSharp.torch;

namespace Ddpm.Trainer.Runs;

/// <summary>Carries one run out, from the recipe to the published version. Blocks its thread, which is the run's own.</summary>
internal sealed partial class RunExecution(
    RunLedger ledger,
    NamedDataSets dataSets,
    IModelStore models,
    IOptions<TrainerOptions> options,
    IOptions<StorageOptions> storage,
    TimeProvider time,
    ILogger<RunExecution> logger)
{
    private static readonly TimeSpan WriteRetryInterval = TimeSpan.FromSeconds(5);

    /// <summary>Trains and publishes; every end but the process's own is written down.</summary>
    /// <param name="runId">A run that waits; one that has ended since is left alone.</param>
    /// <param name="stop">Someone asks for an end after the step under way.</param>
    /// <param name="shutdown">The process ends: the run is left as it is.</param>
    public void Execute(string runId, CancellationToken stop, CancellationToken shutdown)
    {
        var run = Change(runId, Begin);
        if (run.State != RunState.Running)
            return;
        try
        {
            LibTorch.Load();
            var recipe = Recipe.Parse(run.RecipeJson);
            set_num_threads(options.Value.Threads > 0 ? options.Value.Threads : Math.Max(1, Environment.ProcessorCount / 2));
            using var session = new TrainingSession(recipe, dataSets.Open(recipe.Data.Source));
            var progress = new RunProgress(time, recipe.Training);
            while (session.StepsDone < recipe.Training.Steps)
            {
                if (shutdown.IsCancellationRequested)
                    return;
                if (stop.IsCancellationRequested)
                {
                    Change(runId, current => End(current, RunState.Stopped));
                    return;
                }
                progress.Add(session.Step());
                if (progress.SinceReport >= options.Value.ProgressInterval || session.StepsDone == recipe.Training.Steps)
                    Report(runId, session.StepsDone, progress.Take(session.StepsDone));
            }
            var version = Publish(runId, run.RecipeJson, recipe, session, progress);
            Change(runId, current => End(current, RunState.Succeeded, publishedVersion: version));
        }
        catch (Exception e)
        {
            var explanation = Explain(e);
            LogFailed(logger, e, runId, explanation);
            WriteFailure(runId, explanation, shutdown);
        }
    }

    /// <summary>A full disk, the likeliest failure, keeps the failure itself from being written down: tries until it can be.</summary>
    private void WriteFailure(string runId, string explanation, CancellationToken shutdown)
    {
        do
        {
            try
            {
                Change(runId, current => End(current, RunState.Failed, error: explanation));
                return;
            }
            catch (IOException e)
            {
                LogUnwritten(logger, e, runId);
            }
        }
        while (!shutdown.WaitHandle.WaitOne(WriteRetryInterval));
    }

    private bool Begin(Run run)
    {
        if (run.State != RunState.Queued)
            return false;
        run.State = RunState.Running;
        run.StartedAt = Timestamp.FromDateTimeOffset(time.GetUtcNow());
        return true;
    }

    private bool End(Run run, RunState state, string error = "", string publishedVersion = "")
    {
        run.State = state;
        run.FinishedAt = Timestamp.FromDateTimeOffset(time.GetUtcNow());
        run.Error = error;
        run.PublishedVersion = publishedVersion;
        return true;
    }

    private void Report(string runId, long stepsDone, ProgressFigures figures)
    {
        if (!double.IsFinite(figures.Loss))
            throw new TrainingDivergedException(stepsDone);
        Change(
            runId,
            run =>
            {
                run.StepsDone = stepsDone;
                run.Loss = figures.Loss;
                return true;
            },
            happened =>
            {
                happened.GradientNorm = figures.GradientNorm;
                happened.ImagesPerSecond = figures.ImagesPerSecond;
                happened.TimeLeft = Duration.FromTimeSpan(figures.TimeLeft);
            });
    }

    private string Publish(string runId, string recipeJson, Recipe recipe, TrainingSession session, RunProgress progress)
    {
        var folder = Path.Combine(storage.Value.FullRoot, "runs", runId);
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        try
        {
            Checkpoint.Save(
                folder,
                session.Averaged,
                recipe.Schedule,
                new ModelIndex(recipe.Model.ClassNames.Index().ToDictionary(entry => entry.Index, entry => entry.Item)),
                new Dictionary<string, string>
                {
                    ["recipe.json"] = recipeJson,
                    ["README.md"] = ModelCard.Write(recipe, session.Averaged.ParameterCount, progress.RecentLoss),
                });
            return models.PublishAsync(recipe.Model.Name, folder, new PublishOptions { RunId = runId }).GetAwaiter().GetResult().Version;
        }
        finally
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
    }

    private Run Change(string runId, Func<Run, bool> change, Action<V1.RunEvent>? details = null) =>
        ledger.ChangeAsync(runId, change, details).GetAwaiter().GetResult();

    private static string Explain(Exception exception) => exception switch
    {
        LibTorchMissingException or InvalidConfigException or DataSetNotFoundException or InvalidDataException or TrainingDivergedException or InvalidModelException => exception.Message,
        IOException e when DiskFull.Is(e) => DiskFull.Message,
        _ => $"An unexpected error ended the run; the Trainer's log has the details. ({exception.GetType().Name})",
    };

    [LoggerMessage(1, LogLevel.Error, "Run {RunId} failed: {Explanation}")]
    private static partial void LogFailed(ILogger logger, Exception exception, string runId, string explanation);

    [LoggerMessage(2, LogLevel.Error, "The end of run {RunId} cannot be written down yet")]
    private static partial void LogUnwritten(ILogger logger, Exception exception, string runId);
}

/// <summary>The loss is no longer a number.</summary>
internal sealed class TrainingDivergedException(long step)
    : Exception($"The loss is not a finite number at step {step}: lower training.learning_rate, or set training.gradient_clip_norm.");
