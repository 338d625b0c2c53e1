using Ddpm.Hosting;
using Ddpm.Networks;
using Ddpm.Safetensors;
using Ddpm.Storage;
using Ddpm.Storage.Files;
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
    RunParents parents,
    TrainingDevice device,
    RunPublication publication,
    SampleGrids grids,
    IOptions<TrainerOptions> options,
    IOptions<StorageOptions> storage,
    TimeProvider time,
    ILogger<RunExecution> logger)
{
    private static readonly TimeSpan WriteRetryInterval = TimeSpan.FromSeconds(5);

    /// <summary>Trains and publishes; every end but the process's own is written down. The last checkpoint stays unless the run succeeds.</summary>
    /// <param name="runId">A run that waits, or that an earlier process left; one that has ended since is left alone.</param>
    /// <param name="stop">Someone asks for an end after the step under way.</param>
    /// <param name="shutdown">The process ends: the run is left to the next one.</param>
    public void Execute(string runId, CancellationToken stop, CancellationToken shutdown)
    {
        var folder = new RunFolder(storage.Value.FullRoot, runId);
        if (WriteDown(runId, Begin, shutdown) is not { State: RunState.Running } run)
            return;
        try
        {
            folder.Create();
            Train(run, folder, stop, shutdown);
        }
        catch (OperationCanceledException) when (shutdown.IsCancellationRequested)
        {
            // The next process goes on.
            return;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            WriteDown(runId, current => End(current, RunState.Stopped), shutdown);
            return;
        }
        catch (Exception e)
        {
            var explanation = Explain(e);
            LogFailed(logger, e, runId, explanation);
            WriteDown(runId, current => End(current, RunState.Failed, explanation), shutdown);
            return;
        }
        folder.DeleteCheckpoint();
    }

    /// <exception cref="OperationCanceledException">It was stopped, or the process ends; the last step is in the checkpoint.</exception>
    private void Train(Run run, RunFolder folder, CancellationToken stop, CancellationToken shutdown)
    {
        LibTorch.Load();
        set_num_threads(options.Value.Threads > 0 ? options.Value.Threads : Math.Max(1, Environment.ProcessorCount / 2));
        var recipe = Recipe.Parse(run.RecipeJson);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop, shutdown);
        var dataSet = dataSets.Get(recipe.Data.Source, ending.Token);
        using var data = dataSets.Open(recipe.Data.Source, recipe.ImageShape, recipe.Data.ImageFit, ending.Token);
        using var validation = new ValidationLoss(recipe, data);
        using var session = Open(run, recipe, data, folder);
        using var records = new RunRecords(folder, session.StepsDone, time);
        RunWeights Weights() => new(run, recipe, dataSet, session.Averaged, session.StepsDone, session.RecentLoss);

        var progress = new RunProgress(time, recipe.Training);
        StepFigures? newest = null;
        var isDelayed = false;
        var checkpointAt = time.GetTimestamp();
        var reportAt = checkpointAt;
        while (session.StepsDone < recipe.Training.Steps)
        {
            if (ending.IsCancellationRequested || time.GetElapsedTime(checkpointAt) >= options.Value.CheckpointInterval)
            {
                records.Sync();
                session.Save(folder.Checkpoint);
                checkpointAt = time.GetTimestamp();
            }
            if (ending.IsCancellationRequested)
                ReportNewest();
            ending.Token.ThrowIfCancellationRequested();
            if (recipe.Samples.AreDue(session.StepsDone, recipe.Training.Steps) && !TryShowCandidate())
                continue;
            var figures = Step(session, recipe);
            newest = figures;
            records.Add(figures);
            progress.Add(figures.Result);
            if (time.GetElapsedTime(reportAt) >= options.Value.ProgressInterval || session.StepsDone == recipe.Training.Steps)
                ReportNewest();
        }
        records.Sync();
        session.Save(folder.Checkpoint);
        var (published, loss) = publication.Publish(Weights(), folder, validation, ending.Token);
        var samples = Show(published.Version, loss);
        Insist(current =>
        {
            Keep(current, samples);
            current.Publication = published;
            current.PublishedVersion = published.Version;
            return End(current, RunState.Succeeded);
        });

        // A database that is away costs a run its reports, but for the last one, before which nothing is published. The next one goes back as far as the last
        // that was written.
        void ReportNewest()
        {
            if (newest is not { } figures)
                return;
            records.Flush();
            reportAt = time.GetTimestamp();
            var report = progress.Figures(session.StepsDone);
            bool Progressed(Run current) => Report(current, data.Count - validation.Count, validation.Count, figures.Step, report.Loss);
            void Details(V1.RunEvent happened) => Describe(happened, figures, report);
            try
            {
                if (ending.IsCancellationRequested || session.StepsDone == recipe.Training.Steps)
                    Insist(Progressed, Details);
                else
                    Change(run.Id, Progressed, Details);
                isDelayed = false;
            }
            catch (StorageUnavailableException e)
            {
                if (!isDelayed)
                    LogDelayed(logger, run.Id, figures.Step, e.Message);
                isDelayed = true;
                return;
            }
            progress.Restart();
            newest = null;
        }

        // What must not be lost; only the end of the process leaves it to the next one.
        Run Insist(Func<Run, bool> change, Action<V1.RunEvent>? details = null) =>
            WriteDown(run.Id, change, shutdown, details) ?? throw new OperationCanceledException(shutdown);

        // False: the end came in between; the step's checkpoint is to be written first.
        bool TryShowCandidate()
        {
            if (run.Samples.Any(samples => samples.Step == session.StepsDone))
                return true;
            try
            {
                var (version, loss) = publication.PublishCandidate(Weights(), folder, validation, ending.Token);
                var shown = Show(version, loss);
                run = Insist(current => Keep(current, shown));
                return true;
            }
            catch (OperationCanceledException) when (ending.IsCancellationRequested)
            {
                return false;
            }
        }

        RunSamples Show(string version, MeanLoss? validationLoss)
        {
            var shown = grids.Submit(run.Id, recipe, version, session.StepsDone);
            if (validationLoss is { } mean)
            {
                shown.ValidationLoss = mean.Mean;
                records.AddValidation(session.StepsDone, mean.Mean);
            }
            return shown;
        }
    }

    private TrainingSession Open(Run run, Recipe recipe, ImageDataSet data, RunFolder folder)
    {
        var begun = File.Exists(folder.Checkpoint);
        using var parent = run.Parent.Length > 0 && !begun ? parents.Load(run.Parent) : null;
        var session = new TrainingSession(recipe, data, parent?.Network, device.Device);
        try
        {
            if (begun)
                session.Restore(folder.Checkpoint);
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <exception cref="TrainingDivergedException">The step gave no finite loss or gradient; the weights are lost, the last checkpoint is not.</exception>
    private static StepFigures Step(TrainingSession session, Recipe recipe)
    {
        var learningRate = LearningRate.At(recipe.Training, session.StepsDone);
        var result = session.Step();
        return double.IsFinite(result.Loss) && double.IsFinite(result.GradientNorm)
            ? new StepFigures(session.StepsDone, result, learningRate)
            : throw new TrainingDivergedException(session.StepsDone);
    }

    /// <summary>A full disk, the likeliest failure, keeps the failure itself from being written down, and a database may be away: tries until it can be.</summary>
    /// <returns>The run; null when it has been deleted, or the process ends first.</returns>
    private Run? WriteDown(string runId, Func<Run, bool> change, CancellationToken shutdown, Action<V1.RunEvent>? details = null)
    {
        do
        {
            try
            {
                return Change(runId, change, details);
            }
            catch (RunNotFoundException)
            {
                return null;
            }
            catch (IOException e)
            {
                LogUnwritten(logger, e, runId);
            }
        }
        while (!shutdown.WaitHandle.WaitOne(WriteRetryInterval));
        return null;
    }

    private bool Begin(Run run)
    {
        if (run.State != RunState.Queued)
            return false;
        run.State = RunState.Running;
        run.StartedAt ??= Timestamp.FromDateTimeOffset(time.GetUtcNow());
        return true;
    }

    private bool End(Run run, RunState state, string error = "")
    {
        // Written by an attempt that did not hear of it.
        if (run.State.IsEnd())
            return false;
        run.State = state;
        run.FinishedAt = Timestamp.FromDateTimeOffset(time.GetUtcNow());
        run.Error = error;
        return true;
    }

    private static bool Report(Run run, int trainingImages, int validationImages, long step, double loss)
    {
        (run.TrainingImages, run.ValidationImages) = (trainingImages, validationImages);
        (run.StepsDone, run.Loss) = (step, loss);
        return true;
    }

    private static void Describe(V1.RunEvent happened, StepFigures newest, ProgressFigures figures)
    {
        happened.GradientNorm = figures.GradientNorm;
        happened.ImagesPerSecond = figures.ImagesPerSecond;
        happened.TimeLeft = Duration.FromTimeSpan(figures.TimeLeft);
        happened.LearningRate = newest.LearningRate;
        happened.QuartileLosses.AddRange(RunContract.ToContract(figures.Quartiles));
    }

    /// <summary>Keeps samples in the order of their steps; those of a step that has happened again take the place of the earlier ones.</summary>
    private static bool Keep(Run run, RunSamples samples)
    {
        var others = run.Samples.Where(other => other.Step != samples.Step).Append(samples).OrderBy(other => other.Step).ToList();
        run.Samples.Clear();
        run.Samples.AddRange(others);
        return true;
    }

    private Run Change(string runId, Func<Run, bool> change, Action<V1.RunEvent>? details = null) =>
        ledger.ChangeAsync(runId, change, details).GetAwaiter().GetResult();

    private static string Explain(Exception exception) => exception switch
    {
        LibTorchMissingException or SafetensorsException or InvalidConfigException or DataSetNotFoundException or InvalidDataException or TrainingDivergedException
            or InvalidModelException or ModelNotFoundException or ModelCorruptException or CheckpointException => exception.Message,
        IOException e when DiskFull.Is(e) => DiskFull.Message,
        _ => $"An unexpected error ended the run; the Trainer's log has the details. ({exception.GetType().Name})",
    };

    [LoggerMessage(1, LogLevel.Error, "Run {RunId} failed: {Explanation}")]
    private static partial void LogFailed(ILogger logger, Exception exception, string runId, string explanation);

    [LoggerMessage(2, LogLevel.Error, "What has become of run {RunId} cannot be written down yet")]
    private static partial void LogUnwritten(ILogger logger, Exception exception, string runId);

    [LoggerMessage(3, LogLevel.Warning, "Run {RunId} goes on at step {Step}, and its progress cannot be written down for now: {Reason}")]
    private static partial void LogDelayed(ILogger logger, string runId, long step, string reason);
}

/// <summary>The loss or its gradient is no longer a number.</summary>
internal sealed class TrainingDivergedException(long step)
    : Exception($"The loss or its gradient is not a finite number at step {step}: lower training.learning_rate, or set training.gradient_clip_norm.");
