using System.Globalization;
using Ddpm.Networks;
using Ddpm.Storage.Models;
using Ddpm.Trainer.Evaluation;
using Ddpm.Trainer.Recipes;
using Ddpm.Trainer.Training;
using Ddpm.V1;

namespace Ddpm.Trainer.Runs;

/// <summary>
/// Decides whether a version may become <c>stable</c>: not if its loss on the images kept apart is above that of the present one by more than two
/// standard errors of their difference, image by image.
/// </summary>
internal sealed class StableGate(IModelStore models)
{
    private const double Tolerance = 2;

    /// <param name="recipe">Of the new version.</param>
    /// <param name="losses">Of the new version, on each image kept apart.</param>
    /// <param name="validation">Measures the present one on the same.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The decision; null when the recipe asks for none.</returns>
    public GateDecision? Decide(Recipe recipe, IReadOnlyList<double> losses, ValidationLoss validation, CancellationToken cancellationToken)
    {
        if (recipe.Model.Gate == "none")
            return null;
        var present = models.ResolveAsync(recipe.Model.Name, ModelName.Stable, cancellationToken).GetAwaiter().GetResult();
        var decision = new GateDecision { StableVersion = present?.Version ?? "" };
        if (losses.Count > 0)
            decision.Loss = losses.Average();
        if (present is null)
            return Decided(decision, true, "There was no stable version to be worse than.");
        if (losses.Count == 0)
            return Decided(decision, false, "The recipe keeps no images apart (data.validation_images is 0), so it was not compared with the stable version.");
        using var checkpoint = Checkpoint.Load(models.OpenAsync(present.Model, present.Version, cancellationToken).GetAwaiter().GetResult());
        if (Incomparable(recipe, checkpoint) is { } difference)
            return Decided(decision, false, $"It cannot be compared with the stable version, which has another {difference}.");

        var stable = validation.Of(NetworkNoise.Of(checkpoint), cancellationToken);
        var excess = MeanLoss.OfDifference(losses, stable);
        decision.StableLoss = stable.Average();
        decision.StandardError = excess.StandardError;
        var figures = string.Create(CultureInfo.InvariantCulture, $"{decision.Loss:0.00000} against {decision.StableLoss:0.00000}, standard error of the difference {excess.StandardError:0.00000}");
        return excess.Mean <= Tolerance * excess.StandardError
            ? Decided(decision, true, $"Its loss on {losses.Count} images kept apart is not worse than the stable version's: {figures}.")
            : Decided(decision, false, $"Its loss on {losses.Count} images kept apart is worse than the stable version's by more than chance: {figures}.");
    }

    private static GateDecision Decided(GateDecision decision, bool passed, string reason)
    {
        (decision.Passed, decision.Reason) = (passed, reason);
        return decision;
    }

    /// <summary>What keeps losses from being of the same images and noise levels; null: nothing.</summary>
    private static string? Incomparable(Recipe recipe, Checkpoint stable)
    {
        var (ours, theirs) = (recipe.Network, stable.Network.Config);
        if (ours.SampleSize != theirs.SampleSize || ours.InChannels != theirs.InChannels)
            return "image shape";
        if (ours.NumClassEmbeds != theirs.NumClassEmbeds || ours.NullClassEmbed != theirs.NullClassEmbed)
            return "set of classes";
        return recipe.Schedule with { PredictionType = stable.Scheduler.PredictionType } == stable.Scheduler ? null : "noise schedule";
    }
}
