namespace Ddpm.Diffusion;

/// <summary>Options of <see cref="PndmSampler{T}"/>.</summary>
public sealed record PndmOptions
{
    /// <summary>
    /// Whether the first three steps are pseudo Runge–Kutta steps of four evaluations, as in the paper, instead of multistep ones of rising order
    /// (PLMS, as in latent diffusion). Default: false.
    /// </summary>
    public bool RungeKuttaStart { get; init; }

    /// <summary>Which timesteps are visited. Default: trailing. The formulas are exact where they are evenly spaced.</summary>
    public TimestepSpacing Spacing { get; init; } = TimestepSpacing.Trailing;

    /// <summary>Whether the last step goes to ᾱ = 1, the clean image, instead of ᾱ_0, as diffusers' <c>set_alpha_to_one</c>. Default: true.</summary>
    public bool SetAlphaToOne { get; init; } = true;
}
