using Ddpm.Networks;
using Ddpm.Protocol;
using Ddpm.Safetensors;
using Ddpm.Storage;
using Ddpm.Trainer.Data;
using Ddpm.Trainer.Recipes;
using Ddpm.Trainer.Training;
using Ddpm.V1;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Options;

namespace Ddpm.Trainer.Runs;

/// <summary>Stops, resumes, publishes and deletes runs.</summary>
internal sealed class RunControl(
    RunLedger ledger,
    RunQueue queue,
    DataSetLibrary dataSets,
    RunPublication publication,
    IOptions<TrainerOptions> options,
    IOptions<StorageOptions> storage,
    TimeProvider time)
{
    /// <summary>Stops a run: one that waits here and now, one that trains after the step under way.</summary>
    public async Task<Run> StopAsync(string runId)
    {
        queue.Stop(runId);
        return await ledger.ChangeAsync(runId, current =>
        {
            if (current.State != RunState.Queued)
                return false;
            current.State = RunState.Stopped;
            current.FinishedAt = Timestamp.FromDateTimeOffset(time.GetUtcNow());
            return true;
        });
    }

    /// <summary>Queues a stopped or failed run again.</summary>
    public async Task<Run> ResumeAsync(string runId, CancellationToken cancellationToken)
    {
        await RunSubmission.ThrowIfFullAsync(ledger, options.Value, cancellationToken);
        var queued = false;
        var run = await ledger.ChangeAsync(runId, current =>
        {
            if (current.State is not (RunState.Stopped or RunState.Failed))
                return false;
            current.State = RunState.Queued;
            current.FinishedAt = null;
            current.Error = "";
            return queued = true;
        });
        if (queued)
            queue.Enqueue(runId);
        else if (run.State == RunState.Succeeded)
            throw RpcErrors.FailedPrecondition($"Run {runId} has made all of its steps; start a run with model.parent to train its version further.");
        return run;
    }

    /// <summary>Publishes the last checkpoint of a stopped or failed run.</summary>
    public async Task<Run> PublishAsync(Run run, CancellationToken cancellationToken)
    {
        var folder = new RunFolder(storage.Value.FullRoot, run.Id);
        if (!run.State.IsEnd())
            throw RpcErrors.FailedPrecondition($"Run {run.Id} has not ended: stop it first, or await its end, which publishes it.");
        if (run.State == RunState.Succeeded)
            throw RpcErrors.FailedPrecondition($"Run {run.Id} is published, as version {run.PublishedVersion}.");
        if (!File.Exists(folder.Checkpoint))
            throw RpcErrors.FailedPrecondition($"Run {run.Id} has no checkpoint: it ended before it wrote one.");
        // Measuring takes a while, and a thread of its own.
        var published = await Task.Factory.StartNew(() => Publish(run, folder, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        return await ledger.ChangeAsync(run.Id, current =>
        {
            current.Publication = published;
            current.PublishedVersion = published.Version;
            return true;
        });
    }

    /// <summary>Removes a run that has ended.</summary>
    public async Task DeleteAsync(string runId, CancellationToken cancellationToken)
    {
        if (!await ledger.DeleteAsync(runId, cancellationToken))
            throw RpcErrors.FailedPrecondition($"Run {runId} has not ended: stop it first.");
        new RunFolder(storage.Value.FullRoot, runId).Delete();
    }

    private Publication Publish(Run run, RunFolder folder, CancellationToken cancellationToken)
    {
        LibTorch.Load();
        var recipe = Recipe.Parse(run.RecipeJson);
        using var data = dataSets.Open(recipe.Data.Source, recipe.ImageShape, recipe.Data.ImageFit, cancellationToken);
        using var validation = new ValidationLoss(recipe, data);
        using var file = SafetensorsFile.Open(folder.Checkpoint);
        using var network = new UNet2DModel(recipe.Network);
        var (steps, loss) = Optimisation.ReadAveraged(file, network);
        network.eval();
        return publication.Publish(new RunWeights(run, recipe, dataSets.Get(recipe.Data.Source, cancellationToken), network, steps, loss), folder, validation, cancellationToken).Publication;
    }
}
