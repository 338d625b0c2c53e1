namespace Ddpm.Diffusion;

/// <summary>The network answered NaN or infinity: the trajectory cannot go on.</summary>
public sealed class SamplerDivergedException : Exception
{
    internal SamplerDivergedException(int step, double timestep, int element)
        : base($"The predicted noise at step {step} (timestep {timestep:R}) is not finite at element {element}.")
    {
        Step = step;
        Timestep = timestep;
    }

    /// <summary>Steps that were complete.</summary>
    public int Step { get; }

    /// <summary>The timestep that ε was asked for.</summary>
    public double Timestep { get; }
}
