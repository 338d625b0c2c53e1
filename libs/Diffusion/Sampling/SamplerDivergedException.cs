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

    internal SamplerDivergedException(int step, double timestep, string reason)
        : base($"The trajectory diverged at step {step} (timestep {timestep:R}): {reason}.")
    {
        Step = step;
        Timestep = timestep;
    }

    /// <summary>Steps that were complete.</summary>
    public int Step { get; }

    /// <summary>The timestep that ε was asked for.</summary>
    public double Timestep { get; }
}
