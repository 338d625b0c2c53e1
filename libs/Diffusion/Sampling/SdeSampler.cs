using System.Numerics;

namespace Ddpm.Diffusion;

/// <summary>A sampler in continuous time, from 1 to an end time above 0, of an SDE with β(t) linear.</summary>
public abstract class SdeSampler<T> : Sampler<T>
    where T : struct, IFloatingPointIeee754<T>
{
    private protected SdeSampler(NoiseSchedule schedule, int steps, VpSde sde, double endTime)
    {
        if (steps < 1)
            throw new ArgumentException($"{steps} steps; there must be at least 1.", nameof(steps));
        if (!(endTime > 0 && endTime < 1))
            throw new ArgumentException($"The end time is {endTime}; it lies between 0 and 1.", nameof(endTime));
        (Schedule, Steps, Sde, EndTime) = (schedule, steps, sde, endTime);
    }

    /// <inheritdoc/>
    public sealed override int Steps { get; }

    /// <summary>The schedule that the network was trained on.</summary>
    private protected NoiseSchedule Schedule { get; }

    private protected VpSde Sde { get; }

    private protected double EndTime { get; }

    /// <inheritdoc/>
    public override double TimestepAt(int step) => step == Steps ? 0 : Sde.TimestepAt(TimeAt(step), Schedule);

    /// <inheritdoc/>
    public override double AlphaBarAt(int step) => step == Steps ? 1 : Sde.AlphaBar(TimeAt(step));

    /// <summary>Time at which a step begins: of N times evenly from 1 to the end time, both included.</summary>
    private protected virtual double TimeAt(int step) => Steps == 1 ? 1 : 1 + (step * (EndTime - 1) / (Steps - 1));
}
