using System.ComponentModel.DataAnnotations;
using Ddpm.Networks;

namespace Ddpm.Trainer.Recipes;

/// <summary>The optimisation: Adam on the mean squared error, with an exponential moving average of the weights, which is what is published.</summary>
public sealed record TrainingSection
{
    /// <summary>Optimiser steps.</summary>
    public required int Steps { get; init; }

    /// <summary>Images that are evaluated together.</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>Batches whose gradients make one step. Default: 1.</summary>
    public int GradientAccumulationSteps { get; init; } = 1;

    /// <summary>How noise levels weigh in the loss: <c>simple</c>, <c>score_matching</c> or <c>min_snr</c>. Default: <c>simple</c>.</summary>
    [AllowedValues("simple", "score_matching", "min_snr")]
    public string LossWeighting { get; init; } = "simple";

    /// <summary>γ of <c>min_snr</c>, above 0. Default: 5. Ignored by the other weightings.</summary>
    public double MinSnrGamma { get; init; } = 5;

    /// <summary><c>adam</c>, or <c>adamw</c>, whose weight decay is apart from the gradient (Loshchilov and Hutter 2019). Default: <c>adam</c>.</summary>
    [AllowedValues("adam", "adamw")]
    public string Optimizer { get; init; } = "adam";

    /// <summary>Share of a weight that a step takes off, times the learning rate; 0 … 1. Default: 0.01. Ignored by <c>adam</c>.</summary>
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>
    /// What the network computes in while it is trained: <c>float32</c>, or <c>bf16</c> with float32 where digits matter, faster on a GPU that has
    /// it. The weights, their average and what is published are float32 in both. Default: <c>float32</c>.
    /// </summary>
    [AllowedValues("float32", "bf16")]
    public string Precision { get; init; } = "float32";

    /// <summary>Adam's step size after the warm-up.</summary>
    public double LearningRate { get; init; } = 2e-4;

    /// <summary>Steps over which the learning rate rises linearly from 0; 0: none.</summary>
    public int LearningRateWarmupSteps { get; init; }

    /// <summary>After the warm-up: <c>constant</c>, or <c>cosine</c> down to 0 at the last step.</summary>
    [AllowedValues("constant", "cosine")]
    public string LearningRateDecay { get; init; } = "constant";

    /// <summary>The gradient is scaled down to this Euclidean norm where it is longer; null: never.</summary>
    public double? GradientClipNorm { get; init; } = 1;

    /// <summary>Decay of the moving average at each step.</summary>
    public double EmaDecay { get; init; } = 0.9999;

    /// <summary>Whether the decay after k steps is at most (1+k)/(10+k), so that the first weights are soon forgotten.</summary>
    public bool EmaWarmup { get; init; } = true;

    /// <summary>Probability of training an image on the null class instead of its own, for guidance (Ho and Salimans 2022).</summary>
    public double ClassDropout { get; init; }

    /// <summary>Seed of the first weights, the order of the images, the timesteps, the noise and the dropout.</summary>
    public long Seed { get; init; }

    internal IEnumerable<FieldViolation> Validate()
    {
        foreach (var violation in Choices.Violations(this, "training"))
            yield return violation;
        if (Steps is < 1 or > 100_000_000)
            yield return new("training.steps", $"must be 1 … 100000000, is {Steps}");
        if (BatchSize is < 1 or > 65536)
            yield return new("training.batch_size", $"must be 1 … 65536, is {BatchSize}");
        if (GradientAccumulationSteps is < 1 or > 65536)
            yield return new("training.gradient_accumulation_steps", $"must be 1 … 65536, is {GradientAccumulationSteps}");
        if (!(MinSnrGamma > 0 && double.IsFinite(MinSnrGamma)))
            yield return new("training.min_snr_gamma", $"must be a positive number, is {MinSnrGamma}");
        if (!(WeightDecay >= 0 && WeightDecay <= 1))
            yield return new("training.weight_decay", $"must be 0 … 1, is {WeightDecay}");
        if (!(LearningRate > 0 && LearningRate <= 1))
            yield return new("training.learning_rate", $"must be more than 0 and at most 1, is {LearningRate}");
        if (LearningRateWarmupSteps < 0 || LearningRateWarmupSteps > Steps)
            yield return new("training.learning_rate_warmup_steps", $"must be 0 … steps ({Steps}), is {LearningRateWarmupSteps}");
        if (GradientClipNorm is { } norm && !(norm > 0 && double.IsFinite(norm)))
            yield return new("training.gradient_clip_norm", $"must be a positive number or null, is {norm}");
        if (!(EmaDecay >= 0 && EmaDecay < 1))
            yield return new("training.ema_decay", $"must be at least 0 and less than 1, is {EmaDecay}");
        if (!(ClassDropout >= 0 && ClassDropout < 1))
            yield return new("training.class_dropout", $"must be at least 0 and less than 1, is {ClassDropout}");
        if (Seed < 0)
            yield return new("training.seed", $"must be at least 0, is {Seed}");
    }
}
