using Ddpm.Trainer.Recipes;
using Ddpm.Trainer.Training;

namespace Ddpm.Trainer.Runs;

/// <summary>Means since the previous report.</summary>
internal sealed record ProgressFigures(double Loss, double GradientNorm, double ImagesPerSecond, TimeSpan TimeLeft, QuartileLosses Quartiles);

/// <summary>Gathers the figures of a run between two reports.</summary>
internal sealed class RunProgress(TimeProvider time, TrainingSection training)
{
    private long _reportedAt = time.GetTimestamp();
    private double _losses;
    private double _norms;
    private QuartileLosses _quartiles;
    private int _steps;

    public void Add(StepResult step)
    {
        _losses += step.Loss;
        _norms += step.GradientNorm;
        _quartiles += step.Quartiles;
        _steps++;
    }

    /// <summary>The figures since the previous report; there is a step among them.</summary>
    public ProgressFigures Figures(long stepsDone)
    {
        var seconds = Math.Max(time.GetElapsedTime(_reportedAt).TotalSeconds, 1e-6);
        return new ProgressFigures(
            _losses / _steps,
            _norms / _steps,
            _steps * (double)training.BatchSize * training.GradientAccumulationSteps / seconds,
            TimeSpan.FromSeconds(Math.Min((training.Steps - stepsDone) * seconds / _steps, TimeSpan.FromDays(3650).TotalSeconds)),
            _quartiles);
    }

    /// <summary>They are reported: the next ones begin here.</summary>
    public void Restart() => (_losses, _norms, _quartiles, _steps, _reportedAt) = (0, 0, default, 0, time.GetTimestamp());
}
