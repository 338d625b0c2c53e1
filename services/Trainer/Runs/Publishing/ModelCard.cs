using System.Globalization;
using Ddpm.Trainer.Recipes;
using Ddpm.V1;

namespace Ddpm.Trainer.Runs;

/// <summary>The README.md of a version that a run published.</summary>
internal static class ModelCard
{
    public static string Write(Recipe recipe, IReadOnlyList<string> classNames, long parameterCount, TrainingRecord training) => string.Create(CultureInfo.InvariantCulture, $"""
        # {recipe.Model.Name}

        A denoising diffusion model ({parameterCount:N0} weights, the moving average of training) for images of {recipe.Network.SampleSize} pixels.

        | | |
        | --- | --- |
        | data | `{training.DataSet}`, {training.TrainingImages:N0} images, {(recipe.Data.HorizontalFlip ? "mirrored by chance" : "not mirrored")} |
        | data fingerprint | `{training.DataFingerprint}` |
        | predicts | {recipe.Schedule.PredictionType}, {recipe.Schedule.BetaSchedule} schedule of {recipe.Schedule.NumTrainTimesteps} timesteps |
        | classes | {(classNames.Count == 0 ? "none named" : string.Join(", ", classNames))} |
        | optimiser steps | {training.Steps:N0}, {training.ImagesSeen:N0} images seen |
        | training loss at the end | {training.Loss:0.0000} |
        | loss on {training.ValidationImages:N0} images kept apart | {Validation(training)} |
        | trained further from | {(training.Parent.Length == 0 ? "nothing: fresh weights" : $"`{training.Parent}`")} |
        | program | {(training.Commit.Length == 0 ? "commit not known" : $"commit `{training.Commit}`")} |

        Train it again with `ddpm train recipe.json`: the recipe lies beside this card.

        """);

    private static string Validation(TrainingRecord training) => training.HasValidationLoss
        ? string.Create(CultureInfo.InvariantCulture, $"{training.ValidationLoss:0.0000} ± {training.ValidationLossError:0.0000}")
        : "not measured";
}
