using Ddpm.Networks;
using Ddpm.Protocol;
using Ddpm.Storage;
using Ddpm.Storage.Models;
using Ddpm.Trainer.Data;
using Ddpm.Trainer.Recipes;
using Ddpm.Trainer.Training;
using Ddpm.V1;
using Microsoft.Extensions.Options;

namespace Ddpm.Trainer.Runs;

/// <summary>Takes a run: checks its recipe against every rule and against the data, writes it down, and only then queues it and answers.</summary>
internal sealed class RunSubmission(
    RunLedger ledger, RunQueue queue, DataSetLibrary dataSets, RunParents parents, IOptions<TrainerOptions> options, TimeProvider time)
{
    private const int MaximumRequestIdLength = 128;
    private const int MaximumRecipeLength = 1 << 20;

    private static readonly TimeSpan RetryWhenFull = TimeSpan.FromMinutes(1);

    public async Task<Run> SubmitAsync(StartRunRequest request, CancellationToken cancellationToken)
    {
        if (request.RequestId.Length > MaximumRequestIdLength)
            throw RpcErrors.Invalid("request_id", $"must have at most {MaximumRequestIdLength} characters, has {request.RequestId.Length}");
        if (request.RecipeJson.Length > MaximumRecipeLength)
            throw RpcErrors.Invalid("recipe_json", $"must have at most {MaximumRecipeLength} characters, has {request.RecipeJson.Length}");
        var (recipe, parent) = await CheckAsync(request.RecipeJson, cancellationToken);
        await ThrowIfFullAsync(ledger, options.Value, cancellationToken);

        var (run, isNew) = await ledger.AddAsync(
            new Run
            {
                Id = RecordId.Next(time),
                State = RunState.Queued,
                Model = recipe.Model.Name,
                RecipeJson = request.RecipeJson,
                Parent = parent,
                StepsTotal = recipe.Training.Steps,
            },
            request.RequestId,
            cancellationToken);
        if (isNew)
            queue.Enqueue(run.Id);
        else if (run.RecipeJson != request.RecipeJson)
            throw RpcErrors.AlreadyExists($"request_id '{request.RequestId}' was used for a different recipe, that of run {run.Id}.");
        return run;
    }

    /// <exception cref="Grpc.Core.RpcException">RESOURCE_EXHAUSTED: as many runs wait or train as may.</exception>
    public static async Task ThrowIfFullAsync(RunLedger ledger, TrainerOptions options, CancellationToken cancellationToken)
    {
        var unfinished = await ledger.UnfinishedAsync(cancellationToken);
        if (unfinished.Count >= options.MaxUnfinishedRuns)
            throw RpcErrors.ResourceExhausted($"{unfinished.Count} runs are waiting or running, the most that are taken.", RetryWhenFull);
    }

    private async Task<(Recipe Recipe, string Parent)> CheckAsync(string json, CancellationToken cancellationToken)
    {
        var violations = new Violations();
        try
        {
            var recipe = Recipe.Parse(json);
            var data = dataSets.Get(recipe.Data.Source).Report;
            TrainingSession.ThrowIfMismatched(recipe, data.Images, data.Classes.Count);
            return (recipe, await parents.ResolveAsync(recipe, cancellationToken));
        }
        catch (InvalidConfigException e)
        {
            foreach (var violation in e.Violations)
                violations.Add(violation.Field, violation.Rule);
        }
        catch (DataSetNotFoundException e)
        {
            violations.Add("data.source", e.Message);
        }
        catch (InvalidDataException e)
        {
            violations.Add("data.source", $"names a data set that cannot be read: {e.Message}");
        }
        catch (ModelCorruptException e)
        {
            violations.Add("model.parent", $"names a version that is damaged: {e.Message}");
        }
        throw violations.ToRpcException();
    }
}
