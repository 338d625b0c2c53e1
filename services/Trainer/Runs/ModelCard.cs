using System.Globalization;
using Ddpm.Trainer.Recipes;

namespace Ddpm.Trainer.Runs;

/// <summary>The README.md of a version that a run published.</summary>
internal static class ModelCard
{
    public static string Write(Recipe recipe, IReadOnlyList<string> classNames, long parameterCount, double loss) => string.Create(CultureInfo.InvariantCulture, $"""
        # {recipe.Model.Name}

        A denoising diffusion model ({parameterCount:N0} weights, the moving average of training) for images of {recipe.Network.SampleSize} pixels.

        | | |
        | --- | --- |
        | data | `{recipe.Data.Source}`, {(recipe.Data.HorizontalFlip ? "mirrored by chance" : "not mirrored")} |
        | predicts | {recipe.Schedule.PredictionType}, {recipe.Schedule.BetaSchedule} schedule of {recipe.Schedule.NumTrainTimesteps} timesteps |
        | classes | {(classNames.Count == 0 ? "none named" : string.Join(", ", classNames))} |
        | optimiser steps | {recipe.Training.Steps:N0} of {recipe.Training.BatchSize} images |
        | loss at the end | {loss:0.0000} |

        Train it again with `ddpm train recipe.json`: the recipe lies beside this card.

        """);
}
