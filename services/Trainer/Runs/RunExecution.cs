using Ddpm.Hosting;
using Ddpm.Networks;
using Ddpm.Safetensors;
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
    DataSetLibrary dataSets,
    IModelStore models,
    RunParents parents,
    IOptions<TrainerOptions> options,
    IOptions<StorageOptions> storage,
    TimeProvider time,
    ILogger<RunExecution> logger)
{
    private static readonly TimeSpan WriteRetryInterval = TimeSpan.FromSeconds(5);

    /// <summary>Trains and publishes; every end but the process's own is written down.</summary>
    /// <param name="runId">A run that waits, or that an earlier process left; one that has ended since is left alone.</param>
    /// <param name="stop">Someone asks for an end after the step under way.</param>
    /// <param name="shutdown">The process ends: the run is left to the next one.</param>
    public void Execute(string runId, CancellationToken stop, CancellationToken shutdown)
    {
        var folder = new RunFolder(storage.Value.FullRoot, runId);
        var run = Change(runId, Begin);
        try
        {
            if (run.State == RunState.Running && !Train(run, folder, stop, shutdown))
                return;
        }
        catch (OperationCanceledException) when (shutdown.IsCancellationRequested)
        {
            return;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Change(runId, current => End(current, RunState.Stopped));
        }
        catch (Exception e)
        {
            var explanation = Explain(e);
            LogFailed(logger, e, runId, explanation);
            WriteFailure(runId, explanation, shutdown);
        }
        folder.Delete();
    }

    /// <returns>Whether the run has ended; otherwise the process does.</returns>
    private bool Train(Run run, RunFolder folder, CancellationToken stop, CancellationToken shutdown)
    {
        LibTorch.Load();
        set_num_threads(options.Value.Threads > 0 ? options.Value.Threads : Math.Max(1, Environment.ProcessorCount / 2));
        var recipe = Recipe.Parse(run.RecipeJson);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop, shutdown);
        var classNames = ClassNames(recipe, dataSets.Get(recipe.Data.Source, ending.Token).Report);
        using var data = dataSets.Open(recipe.Data.Source, recipe.ImageShape, recipe.Data.ImageFit, ending.Token);
        using var session = Open(run, recipe, data, folder);
        var progress = new RunProgress(time, recipe.Training);
        var checkpointAt = time.GetTimestamp();
        while (session.StepsDone < recipe.Training.Steps)
        {
            if (stop.IsCancellationRequested)
            {
                Change(run.Id, current => End(current, RunState.Stopped));
                return true;
            }
            if (shutdown.IsCancellationRequested || time.GetElapsedTime(checkpointAt) >= options.Value.CheckpointInterval)
            {
                session.Save(folder.Checkpoint);
                checkpointAt = time.GetTimestamp();
            }
            if (shutdown.IsCancellationRequested)
                return false;
            progress.Add(session.Step());
            if (progress.SinceReport >= options.Value.ProgressInterval || session.StepsDone == recipe.Training.Steps)
                Report(run.Id, session.StepsDone, progress.Take(session.StepsDone));
        }
        var version = Publish(run, folder, recipe, classNames, session);
        Change(run.Id, current => End(current, RunState.Succeeded, publishedVersion: version));
        return true;
    }

    private TrainingSession Open(Run run, Recipe recipe, ImageDataSet data, RunFolder folder)
    {
        using var parent = run.Parent.Length > 0 && !File.Exists(folder.Checkpoint) ? parents.Load(run.Parent) : null;
        var session = new TrainingSession(recipe, data, parent?.Network);
        if (File.Exists(folder.Checkpoint))
            session.Restore(folder.Checkpoint);
        return session;
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
                happened.QuartileLosses.AddRange(ToContract(figures.Quartiles));
            });
    }

    /// <summary>The recipe's names, or else those of the data set, for a network that knows classes.</summary>
    private static IReadOnlyList<string> ClassNames(Recipe recipe, DataSetReport data) => recipe switch
    {
        { Model.ClassNames.Count: > 0 } => recipe.Model.ClassNames,
        { Network.NumClassEmbeds: null } => [],
        _ => [.. data.Classes.Select(tally => tally.Name)],
    };

    private static IEnumerable<V1.QuartileLoss> ToContract(QuartileLosses losses) =>
        new[] { losses.First, losses.Second, losses.Third, losses.Fourth }.Index()
            .Where(quartile => quartile.Item.Images > 0)
            .Select(quartile => new V1.QuartileLoss { Quartile = quartile.Index + 1, Loss = quartile.Item.Sum / quartile.Item.Images, ImageCount = quartile.Item.Images });

    private string Publish(Run run, RunFolder folder, Recipe recipe, IReadOnlyList<string> classNames, TrainingSession session)
    {
        folder.DeletePublication();
        Checkpoint.Save(
            folder.Publication,
            session.Averaged,
            recipe.Schedule,
            new ModelIndex(classNames.Index().ToDictionary(entry => entry.Index, entry => entry.Item)),
            new Dictionary<string, string>
            {
                ["recipe.json"] = run.RecipeJson,
                ["README.md"] = ModelCard.Write(recipe, classNames, session.Averaged.ParameterCount, session.RecentLoss),
            });
        return models.PublishAsync(recipe.Model.Name, folder.Publication, new PublishOptions { RunId = run.Id }).GetAwaiter().GetResult().Version;
    }

    private Run Change(string runId, Func<Run, bool> change, Action<V1.RunEvent>? details = null) =>
        ledger.ChangeAsync(runId, change, details).GetAwaiter().GetResult();

    private static string Explain(Exception exception) => exception switch
    {
        LibTorchMissingException or SafetensorsException or InvalidConfigException or DataSetNotFoundException or InvalidDataException or TrainingDivergedException or InvalidModelException or ModelNotFoundException or ModelCorruptException or CheckpointException => exception.Message,
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
