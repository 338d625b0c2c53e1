namespace Ddpm.Diffusion;

/// <summary>Options of <see cref="SubVpSampler{T}"/>.</summary>
public sealed record SubVpOptions
{
    /// <summary>β(0), above 0. Default: 0.1.</summary>
    public double BetaMin { get; init; } = 0.1;

    /// <summary>β(1), at least β(0). Default: 20.</summary>
    public double BetaMax { get; init; } = 20;

    /// <summary>
    /// The time at which the last step begins, above 0 and below 1. Default: 0.03, where there is about as little noise as a network that was trained with
    /// the variance preserved has seen.
    /// </summary>
    public double EndTime { get; init; } = 0.03;

    /// <summary>Whether the last step adds no noise. Default: true.</summary>
    public bool Denoise { get; init; } = true;
}
