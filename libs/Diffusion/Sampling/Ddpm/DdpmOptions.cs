namespace Ddpm.Diffusion;

/// <summary>Options of <see cref="DdpmSampler{T}"/>.</summary>
public sealed record DdpmOptions
{
    /// <summary>σ_t². Default: the posterior's.</summary>
    public DdpmVariance Variance { get; init; } = DdpmVariance.FixedSmall;

    /// <summary>v of <see cref="DdpmVariance.Interpolated"/>, 0 … 1: 0 is the posterior's variance and 1 is β. Default: 0.5.</summary>
    public double Interpolation { get; init; } = 0.5;

    /// <summary>Which timesteps are visited. Default: trailing. Makes no difference when all are visited.</summary>
    public TimestepSpacing Spacing { get; init; } = TimestepSpacing.Trailing;

    /// <summary>How x̂_0 is kept within range. Default: clipped to [−1, 1]. Null: not at all.</summary>
    public Thresholding? Thresholding { get; init; } = new Thresholding.Clip();

    /// <summary>
    /// Whether the last step adds noise when its timestep is not 0, as diffusers does, instead of never (Ho et al. 2020, algorithm 2, line 3).
    /// Default: false. Ignored when the last timestep is 0.
    /// </summary>
    public bool NoiseInLastStep { get; init; }
}
