namespace Ddpm.Diffusion;

/// <summary>Options of <see cref="DdimSampler{T}"/>.</summary>
public sealed record DdimOptions
{
    /// <summary>η, 0 … 1: how much of DDPM's noise is added. Default: 0, none.</summary>
    public double Eta { get; init; }

    /// <summary>Which timesteps are visited. Default: trailing, which begins at pure noise whatever the number of steps.</summary>
    public TimestepSpacing Spacing { get; init; } = TimestepSpacing.Trailing;

    /// <summary>How x̂_0 is kept within range. Default: clipped to [−1, 1]. Null: not at all.</summary>
    public Thresholding? Thresholding { get; init; } = new Thresholding.Clip();

    /// <summary>
    /// Whether ε is computed anew from the thresholded x̂_0, diffusers' <c>use_clipped_model_output</c>. Default: true. False moves x_t by
    /// the clipped part at every step, however short, so that more steps end further away. Ignored without thresholding.
    /// </summary>
    public bool UseClippedModelOutput { get; init; } = true;

    /// <summary>Added to the visited timesteps, as diffusers' <c>steps_offset</c>. Default: 0. Ignored unless the spacing is leading.</summary>
    public int StepsOffset { get; init; }

    /// <summary>Whether the last step goes to ᾱ = 1, the clean image, instead of ᾱ_0, as diffusers' <c>set_alpha_to_one</c>. Default: true.</summary>
    public bool SetAlphaToOne { get; init; } = true;

    /// <summary>
    /// Whether a step goes to the timestep t − ⌊T/n⌋, as in diffusers, instead of to the one that is visited next, as in the paper.
    /// The two differ for <see cref="TimestepSpacing.Linspace"/>, and for <see cref="TimestepSpacing.Trailing"/> when n does not divide T.
    /// Default: false.
    /// </summary>
    public bool FixedStride { get; init; }
}
