namespace Ddpm.Diffusion;

/// <summary>Options of <see cref="VpSdeSampler{T}"/>.</summary>
public sealed record VpSdeOptions
{
    /// <summary>β(0), above 0. Default: 0.1.</summary>
    public double BetaMin { get; init; } = 0.1;

    /// <summary>β(1), at least β(0). Default: 20.</summary>
    public double BetaMax { get; init; } = 20;

    /// <summary>The time at which the last step begins, above 0 and below 1: below it the score grows without bound. Default: 10⁻³.</summary>
    public double EndTime { get; init; } = 1e-3;

    /// <summary>Whether the last step adds no noise. Default: true.</summary>
    public bool Denoise { get; init; } = true;
}
