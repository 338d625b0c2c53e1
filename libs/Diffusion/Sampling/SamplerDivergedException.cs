using System.Numerics;

namespace Ddpm.Diffusion;

/// <summary>The network answered what a trajectory cannot go on with, NaN and infinity above all.</summary>
public sealed class SamplerDivergedException : Exception
{
    internal SamplerDivergedException(int step, double timestep, int element)
        : base($"The predicted noise at step {step} (timestep {timestep:R}) is not finite at element {element}.")
    {
        Step = step;
        Timestep = timestep;
    }

    internal SamplerDivergedException(int step, double timestep, StepTooSmallException reason)
        : base($"The trajectory diverged at step {step} (timestep {timestep:R}): the solver's steps have become too small to go on.", reason)
    {
        Step = step;
        Timestep = timestep;
    }

    /// <summary>Refuses NaN and infinity.</summary>
    internal static void ThrowIfNotFinite<T>(T[] predicted, int step, double timestep)
        where T : struct, IFloatingPointIeee754<T>
    {
        for (var i = 0; i < predicted.Length; i++)
        {
            if (!T.IsFinite(predicted[i]))
                throw new SamplerDivergedException(step, timestep, i);
        }
    }

    /// <summary>Steps that were complete.</summary>
    public int Step { get; }

    /// <summary>The timestep that ε was asked for.</summary>
    public double Timestep { get; }
}
