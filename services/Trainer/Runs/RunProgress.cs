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

    public TimeSpan SinceReport => time.GetElapsedTime(_reportedAt);

    public void Add(StepResult step)
    {
        _losses += step.Loss;
        _norms += step.GradientNorm;
        _quartiles += step.Quartiles;
        _steps++;
    }

    /// <summary>The figures since the previous report, which ends here.</summary>
    public ProgressFigures Take(long stepsDone)
    {
        var seconds = Math.Max(SinceReport.TotalSeconds, 1e-6);
        var figures = new ProgressFigures(
            _losses / _steps,
            _norms / _steps,
            _steps * (double)training.BatchSize * training.GradientAccumulationSteps / seconds,
            TimeSpan.FromSeconds(Math.Min((training.Steps - stepsDone) * seconds / _steps, TimeSpan.FromDays(3650).TotalSeconds)),
            _quartiles);
        (_losses, _norms, _quartiles, _steps, _reportedAt) = (0, 0, default, 0, time.GetTimestamp());
        return figures;
    }
}
