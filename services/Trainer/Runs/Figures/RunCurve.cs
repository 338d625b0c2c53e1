using Ddpm.Trainer.Training;
using Ddpm.V1;

namespace Ddpm.Trainer.Runs;

/// <summary>The record of a run's steps, thinned out to stretches of equal length, each as its means.</summary>
internal static class RunCurve
{
    /// <param name="steps">In their order.</param>
    /// <param name="stepCount">How many there are at most.</param>
    /// <param name="maxPoints">How many points there may be.</param>
    public static IEnumerable<RunCurvePoint> Of(IEnumerable<StepFigures> steps, long stepCount, int maxPoints)
    {
        var stretch = (int)Math.Max(1, (stepCount + maxPoints - 1) / maxPoints);
        return steps.Chunk(stretch).Take(maxPoints).Select(Mean);
    }

    private static RunCurvePoint Mean(StepFigures[] stretch)
    {
        var quartiles = stretch.Aggregate(default(QuartileLosses), (sum, step) => sum + step.Result.Quartiles);
        return new RunCurvePoint
        {
            Step = stretch[^1].Step,
            Loss = stretch.Average(step => step.Result.Loss),
            GradientNorm = stretch.Average(step => step.Result.GradientNorm),
            LearningRate = stretch[^1].LearningRate,
            QuartileLosses = { RunContract.ToContract(quartiles) },
        };
    }
}
