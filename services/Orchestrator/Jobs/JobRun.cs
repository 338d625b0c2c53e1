using System.Diagnostics.CodeAnalysis;
using Ddpm.Diffusion;
using Ddpm.Imaging;
using Ddpm.Orchestrator.Denoising;
using Ddpm.Orchestrator.Images;
using Ddpm.Orchestrator.Trajectories;
using Ddpm.Storage;
using Ddpm.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Ddpm.Orchestrator.Jobs;

/// <summary>
/// One stretch of a job's life in one process: all trajectories side by side, each at its own pace, while their progress is
/// published and their records are written now and then.
/// </summary>
internal sealed class JobRun(
    JobPlan plan,
    JobLog log,
    TrajectoryStore store,
    IDenoiser denoiser,
    OrchestratorMetrics metrics,
    JobSlots slots,
    OrchestratorOptions options,
    TimeProvider time)
{
    private readonly StretchFolder _folder = new(log.Job.Id, RecordId.Next(time));
    private readonly Turn _turn = new(log.Job.Tenant, log.Job.Id, log.Job.Priority);
    private readonly Dictionary<int, int> _shownSteps = [];
    private readonly Dictionary<int, int> _writtenSteps = [];
    private Evaluation? _evaluation = log.Job.Evaluation;

    /// <summary>The step that is written down of every trajectory, from which the job can go on. Null: it was not taken up.</summary>
    public int? WrittenStep => _writtenSteps.Count == plan.Spec.Count ? _writtenSteps.Values.Min() : null;

    public async Task RunAsync(CancellationToken stop)
    {
        var trajectories = await TakeUpAsync(stop);
        var start = Array.ConvertAll(trajectories, t => t.State);

        using var stopAll = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var moving = Task.WhenAll(trajectories.Select(trajectory => MoveAsync(trajectory, stopAll)));
        try
        {
            await AnnounceAsync(start, stop);
            await ReportAsync(trajectories, start.Sum(s => (long)s.Step), moving, stopAll.Token);
        }
        catch (OperationCanceledException) when (stopAll.IsCancellationRequested)
        {
            // Why it stopped is told by the trajectories, below.
        }
        finally
        {
            await stopAll.CancelAsync();
            await moving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // Where it could not be announced there is nothing that its records would belong to.
            if (log.Stretch == _folder.Stretch)
                await KeepAsync(trajectories, stop);
        }
        if (moving.Exception?.InnerExceptions.FirstOrDefault(e => e is not OperationCanceledException) is { } reason)
            throw reason;
        await moving;
        await SucceedAsync(stop);
    }

    /// <summary>Opens the trajectories where the stretch before this one left them, and keeps what it left as this one's own.</summary>
    private async Task<Trajectory[]> TakeUpAsync(CancellationToken stop)
    {
        var before = new StretchFolder(log.Job.Id, log.Stretch);
        var selection = new FrameSelection(plan.Sampler.Steps, options.FramesPerTrajectory);
        var trajectories = new Trajectory[plan.Spec.Count];
        for (var k = 0; k < trajectories.Length; k++)
        {
            var (sampler, noise) = (plan.Beginnings.SamplerOf(k), plan.Beginnings.NoiseOf(k));
            if (await store.ReadAsync(before, k, stop) is { } record)
            {
                await store.WriteAsync(_folder, k, record, stop);
                trajectories[k] = Trajectory.Continue(k, sampler, selection, noise, record);
            }
            else
            {
                trajectories[k] = Trajectory.Begin(k, sampler, selection, noise, plan.Beginnings.StartOf(k));
            }
            _shownSteps[k] = _writtenSteps[k] = trajectories[k].State.Step;
        }
        return trajectories;
    }

    /// <summary>Says that the job runs here, while its first steps are under way already.</summary>
    private Task AnnounceAsync(SamplerState<float>[] start, CancellationToken stop)
    {
        var resumed = log.Job.State == JobState.Running;
        var slowest = start.Min(s => s.Step);
        return log.AppendAsync(
            job =>
            {
                job.State = JobState.Running;
                job.StartedAt ??= Timestamp.FromDateTimeOffset(time.GetUtcNow());
                job.StepsDone = slowest;
                job.Evaluations = start.Sum(s => s.Evaluations);
            },
            happened =>
            {
                happened.StateChanged = new StateChanged();
                if (resumed)
                    happened.StateChanged.ResumedFromStep = slowest;
            },
            stop,
            _folder.Stretch);
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever stops one trajectory stops the others.")]
    private async Task MoveAsync(Trajectory trajectory, CancellationTokenSource stopAll)
    {
        try
        {
            var epsilon = EpsilonFor(trajectory.Index);
            while (!trajectory.IsFinished)
            {
                stopAll.Token.ThrowIfCancellationRequested();
                var began = time.GetTimestamp();
                await trajectory.StepAsync(epsilon, stopAll.Token);
                metrics.Stepped(time.GetElapsedTime(began), plan.Spec.Sampler, _turn.Priority);
            }
        }
        catch
        {
            await stopAll.CancelAsync();
            throw;
        }
        finally
        {
            // What comes after the last step writes and waits; the thread that brought the last answer may be one of the Denoiser's.
            await Task.Yield();
        }
    }

    private EpsilonModel<float> EpsilonFor(int trajectory)
    {
        var label = plan.ClassOf(trajectory);
        return async (x, timestep, cancellationToken) =>
        {
            var query = new NoiseQuery(
                plan.Spec.Model, plan.Spec.Version, plan.SampleShape, x, timestep, label, plan.GuidanceAt(timestep), _turn, plan.Sampler.NeedsVariance);
            var prediction = await denoiser.PredictAsync(query, cancellationToken);
            _evaluation = prediction.Evaluation;
            return prediction.Noise;
        };
    }

    private async Task ReportAsync(Trajectory[] trajectories, long stepsAtStart, Task moving, CancellationToken stop)
    {
        var began = time.GetTimestamp();
        var (published, checkpointed) = (began, began);
        while (!moving.IsCompleted)
        {
            stop.ThrowIfCancellationRequested();
            var untilProgress = options.ProgressIntervalOf(slots.Running) - time.GetElapsedTime(published);
            var untilCheckpoint = options.CheckpointInterval - time.GetElapsedTime(checkpointed);
            if (untilProgress <= TimeSpan.Zero)
            {
                await PublishProgressAsync(trajectories, TimeLeft(), stop);
                published = time.GetTimestamp();
            }
            else if (untilCheckpoint <= TimeSpan.Zero)
            {
                await CheckpointAsync(trajectories, stop);
                checkpointed = time.GetTimestamp();
            }
            else
            {
                // Timers count whole milliseconds.
                var milliseconds = Math.Ceiling(Math.Min(untilProgress.TotalMilliseconds, untilCheckpoint.TotalMilliseconds));
                await Task.WhenAny(moving, Task.Delay(TimeSpan.FromMilliseconds(milliseconds), time, stop));
            }
        }

        TimeSpan TimeLeft()
        {
            var done = trajectories.Sum(t => (long)t.State.Step);
            var left = (long)plan.Sampler.Steps * trajectories.Length - done;
            return done == stepsAtStart ? TimeSpan.Zero : time.GetElapsedTime(began) * ((double)left / (done - stepsAtStart));
        }
    }

    private async Task PublishProgressAsync(Trajectory[] trajectories, TimeSpan timeLeft, CancellationToken stop)
    {
        var states = Array.ConvertAll(trajectories, t => (Trajectory: t, t.State));
        var moved = states.Where(s => s.State.Step > _shownSteps[s.Trajectory.Index]).ToList();
        if (moved.Count == 0)
            return;

        var slowest = states.MinBy(s => s.State.Step);
        var progress = new Progress
        {
            StepsDone = slowest.State.Step,
            Timestep = plan.Sampler.TimestepAt(slowest.State.Step),
            Evaluations = states.Sum(s => s.State.Evaluations),
            TimeLeft = Duration.FromTimeSpan(timeLeft),
        };
        foreach (var (trajectory, state) in moved)
        {
            progress.Previews.Add(new Preview
            {
                Trajectory = trajectory.Index,
                Step = state.Step,
                Png = UnsafeByteOperations.UnsafeWrap(PngEncoder.EncodePreview(state.Denoised ?? state.X, plan.SampleShape)),
            });
        }
        await log.AppendAsync(
            job =>
            {
                job.StepsDone = progress.StepsDone;
                job.Evaluations = progress.Evaluations;
                job.Evaluation = _evaluation;
            },
            happened => happened.Progress = progress,
            stop);
        foreach (var (trajectory, state) in moved)
            _shownSteps[trajectory.Index] = state.Step;
    }

    private async Task CheckpointAsync(Trajectory[] trajectories, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        await Task.WhenAll(trajectories.Where(t => t.State.Step > _writtenSteps[t.Index]).Select(WriteAsync).ToList());
        metrics.Checkpointed(time.GetElapsedTime(began));

        async Task WriteAsync(Trajectory trajectory)
        {
            var record = trajectory.Snapshot();
            await store.WriteAsync(_folder, trajectory.Index, record, cancellationToken);
            lock (_writtenSteps)
                _writtenSteps[trajectory.Index] = record.Checkpoint.Step;
        }
    }

    /// <summary>Writes down what there is at the end, whichever that is: frames so far are kept also of a job that fails or is cancelled.</summary>
    private Task KeepAsync(Trajectory[] trajectories, CancellationToken stop)
    {
        var frames = CheckpointAsync(trajectories, CancellationToken.None);
        return trajectories.All(t => t.IsFinished)
            ? Task.WhenAll(
                frames,
                PublishProgressAsync(trajectories, timeLeft: TimeSpan.Zero, stop),
                WriteGridAsync(trajectories, stop),
                Parallel.ForEachAsync(trajectories, stop, (trajectory, cancellation) => new ValueTask(WriteImageAsync(trajectory, cancellation))))
            : frames;
    }

    private Task SucceedAsync(CancellationToken stop) => log.AppendAsync(
        job =>
        {
            job.State = JobState.Succeeded;
            job.FinishedAt = Timestamp.FromDateTimeOffset(time.GetUtcNow());
        },
        happened => happened.StateChanged = new StateChanged(),
        stop);

    private Task WriteImageAsync(Trajectory trajectory, CancellationToken cancellationToken)
    {
        var png = PngEncoder.Encode(trajectory.State.X, plan.SampleShape);
        return store.WriteImageAsync(_folder, trajectory.Index, ImageMetadata.Describe(png, plan, trajectory.Index, _evaluation), cancellationToken);
    }

    private Task WriteGridAsync(Trajectory[] trajectories, CancellationToken cancellationToken)
    {
        var grid = PngEncoder.EncodeGrid([.. trajectories.Select(t => t.State.X)], plan.SampleShape);
        return store.WriteGridAsync(_folder, ImageMetadata.Describe(grid, plan, trajectory: null, _evaluation), cancellationToken);
    }
}
