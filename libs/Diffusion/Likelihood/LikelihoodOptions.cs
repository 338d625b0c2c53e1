namespace Ddpm.Diffusion;

/// <summary>Options of <see cref="OdeLikelihood{T}"/>.</summary>
public sealed record LikelihoodOptions
{
    /// <summary>β(0), above 0. Default: 0.1.</summary>
    public double BetaMin { get; init; } = 0.1;

    /// <summary>β(1), at least β(0). Default: 20.</summary>
    public double BetaMax { get; init; } = 20;

    /// <summary>The time of the image, above 0 and below 1: at 0 the score has no bound. Default: 10⁻⁵.</summary>
    public double StartTime { get; init; } = 1e-5;

    /// <summary>
    /// Whether a network that knows the schedule's timesteps alone is asked at the one of the same noise, and the image taken to be at the noise of the lowest,
    /// beneath which the network knows nothing; <see cref="StartTime"/> is then ignored. Default: false, score_sde's labels, for networks that learned all times.
    /// </summary>
    public bool ByTimesteps { get; init; }

    /// <summary>Relative and absolute error allowed in each of the solver's steps, above 0. Default: 10⁻⁵.</summary>
    public double Tolerance { get; init; } = 1e-5;

    /// <summary>
    /// Random directions by which the divergence is estimated (Hutchinson 1990), at least 1; 0 for the exact one, by as many products as an image has
    /// elements. Default: 1.
    /// </summary>
    public int Probes { get; init; } = 1;

    /// <summary>Images that lie one after the other and are solved as one system, as score_sde does with a batch. Default: 1.</summary>
    public int Images { get; init; } = 1;
}
