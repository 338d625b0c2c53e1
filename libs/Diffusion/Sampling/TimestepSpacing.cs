namespace Ddpm.Diffusion;

/// <summary>Which n of the T timesteps a sampler visits; the first three as in diffusers.</summary>
public enum TimestepSpacing
{
    /// <summary>0, r, 2r, … with r = ⌊T/n⌋: always ends at the lowest timestep and begins below the highest.</summary>
    Leading,

    /// <summary>T−1, T−1−T/n, …, rounded: always begins at the highest timestep and ends above the lowest.</summary>
    Trailing,

    /// <summary>From T−1 to 0 at equal distances, rounded.</summary>
    Linspace,

    /// <summary>⌊c i²⌋ from 0 to T−1, more of them at low noise (Song et al. 2020, appendix D.2); made distinct by counting up by one.</summary>
    Quadratic,
}
