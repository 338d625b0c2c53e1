namespace Ddpm.Diffusion;

/// <summary>σ_t² of the reverse process (Ho et al. 2020, section 3.2).</summary>
public enum DdpmVariance
{
    /// <summary>The posterior's variance: right when x_0 is one certain image. diffusers' <c>fixed_small</c> and <c>fixed_small_log</c>.</summary>
    FixedSmall,

    /// <summary>β_t: right when x_0 is standard normal. diffusers' <c>fixed_large</c>.</summary>
    FixedLarge,

    /// <summary>Between the two, log σ² = v log β + (1−v) log β̃ (Nichol and Dhariwal 2021, equation 15, there with v learned).</summary>
    Interpolated,

    /// <summary>The same with the v of each pixel that the network answers. diffusers' <c>learned_range</c>.</summary>
    Learned,
}
