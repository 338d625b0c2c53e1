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

    /// <summary>How a step goes from one time to the next. Default: Euler and Maruyama.</summary>
    public VpSdePredictor Predictor { get; init; } = VpSdePredictor.EulerMaruyama;

    /// <summary>What comes before each step. Default: nothing.</summary>
    public VpSdeCorrector Corrector { get; init; } = VpSdeCorrector.None;

    /// <summary>r, above 0: the signal-to-noise ratio that decides how far the corrector goes. Default: 0.16. Ignored without a corrector.</summary>
    public double SignalToNoise { get; init; } = 0.16;

    /// <summary>M, at least 1: how often the corrector is applied. Default: 1. Ignored without a corrector.</summary>
    public int CorrectorSteps { get; init; } = 1;

    /// <summary>
    /// Whether ᾱ is the schedule's own at timestep ⌊(T−1) t⌋ instead of the SDE's at t, score_sde's <c>continuous=False</c>. Default: false.
    /// </summary>
    public bool Discrete { get; init; }

    /// <summary>
    /// Images that a state holds one after the other. Langevin's step then goes by the mean of their norms, as in score_sde, where the size of a batch has
    /// its part in every image. Default: 1.
    /// </summary>
    public int ImagesInState { get; init; } = 1;

    /// <summary>The fewest steps N in which the forward process has a β of its own, β(1)/N below 1, as all but Euler and Maruyama need.</summary>
    internal int LeastDiscreteSteps => (int)BetaMax + 1;
}
