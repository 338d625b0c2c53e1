using Ddpm.Trainer.Recipes;

namespace Ddpm.Trainer.Training;

/// <summary>The learning rate of each step.</summary>
internal static class LearningRate
{
    /// <param name="training">The recipe's section.</param>
    /// <param name="step">Number of the step, from 0.</param>
    public static double At(TrainingSection training, long step)
    {
        var warmup = training.LearningRateWarmupSteps;
        if (step < warmup)
            return training.LearningRate * (step + 1) / warmup;
        if (training.LearningRateDecay == "constant")
            return training.LearningRate;
        return training.LearningRate * 0.5 * (1 + Math.Cos(Math.PI * (step - warmup) / Math.Max(1, training.Steps - warmup)));
    }
}
