using Ddpm.Networks;
using Ddpm.Storage.Models;
using Ddpm.Trainer.Recipes;

namespace Ddpm.Trainer.Runs;

/// <summary>The versions that runs train further.</summary>
internal sealed class RunParents(IModelStore models)
{
    /// <summary>What a recipe's parent means now.</summary>
    /// <returns>MODEL@VERSION; empty when it names none.</returns>
    /// <exception cref="InvalidConfigException">There is no such version, or it is another network or predicts something else.</exception>
    public async Task<string> ResolveAsync(Recipe recipe, CancellationToken cancellationToken)
    {
        if (recipe.Model.Parent is not { } reference)
            return "";
        var (name, version) = Split(reference);
        var parent = await models.ResolveAsync(name, version, cancellationToken) ?? throw Broken($"names no version: there is no {reference}");
        var folder = await models.OpenAsync(parent.Model, parent.Version, cancellationToken);
        if (UNetConfig.Read(Path.Combine(folder, UNetConfig.FileName)).ToJson() != recipe.Network.ToJson())
            throw Broken("must have the network of the recipe, key for key; its config.json says otherwise");
        var target = SchedulerConfig.Read(Path.Combine(folder, SchedulerConfig.FileName)).PredictionType;
        return target == recipe.Schedule.PredictionType
            ? $"{parent.Model}@{parent.Version}"
            : throw Broken($"must predict {recipe.Schedule.PredictionType}, as schedule.prediction_type says; predicts {target}");
    }

    /// <summary>Verifies and loads a version.</summary>
    /// <param name="parent">From <see cref="ResolveAsync"/>.</param>
    /// <exception cref="ModelNotFoundException">It is no longer there.</exception>
    /// <exception cref="ModelCorruptException">It does not have the bytes that were published.</exception>
    public Checkpoint Load(string parent)
    {
        var (name, version) = Split(parent);
        return Checkpoint.Load(models.OpenAsync(name, version).GetAwaiter().GetResult());
    }

    private static (string Name, string Version) Split(string reference) =>
        reference.IndexOf('@') is >= 0 and var at ? (reference[..at], reference[(at + 1)..]) : (reference, ModelName.Latest);

    private static InvalidConfigException Broken(string rule) => new("recipe", [new FieldViolation("model.parent", rule)]);
}
