namespace Ddpm.Diffusion;

/// <summary>How the probability-flow ODE is solved.</summary>
public enum PfOdeMethod
{
    /// <summary>Dormand and Prince's pair of orders 5 and 4, with as many steps as the tolerance wants.</summary>
    Rk45,

    /// <summary>Heun's method in equal steps, without error control.</summary>
    Heun,
}

/// <summary>Options of <see cref="PfOdeSampler{T}"/>.</summary>
public sealed record PfOdeOptions
{
    /// <summary>β(0), above 0. Default: 0.1.</summary>
    public double BetaMin { get; init; } = 0.1;

    /// <summary>β(1), at least β(0). Default: 20.</summary>
    public double BetaMax { get; init; } = 20;

    /// <summary>The time at which the ODE ends, above 0 and below 1: below it the score grows without bound. Default: 10⁻³.</summary>
    public double EndTime { get; init; } = 1e-3;

    /// <summary>Whether a step without noise takes away what is left at the end time. Default: true.</summary>
    public bool Denoise { get; init; } = true;

    /// <summary>How it is solved. Default: with error control.</summary>
    public PfOdeMethod Method { get; init; } = PfOdeMethod.Rk45;

    /// <summary>
    /// The error of a step that is allowed, absolute and relative to x, above 0: the root mean square over the image. Default: 10⁻⁵. Ignored without error
    /// control.
    /// </summary>
    public double Tolerance { get; init; } = 1e-5;
}
