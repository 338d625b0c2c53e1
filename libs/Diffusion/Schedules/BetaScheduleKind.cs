namespace Ddpm.Diffusion;

/// <summary>How β_t depends on t.</summary>
public enum BetaScheduleKind
{
    /// <summary>β_t linear in t (Ho et al. 2020).</summary>
    Linear,

    /// <summary>√β_t linear in t (Rombach et al. 2022).</summary>
    ScaledLinear,

    /// <summary>ᾱ_t a squared cosine (Nichol and Dhariwal 2021, equation 17); diffusers' <c>squaredcos_cap_v2</c>.</summary>
    Cosine,

    /// <summary>β_t a sigmoid in t (Xu et al. 2022, GeoDiff).</summary>
    Sigmoid,

    /// <summary>ᾱ_t a sigmoid in t from −3 to 3, its ends brought to 1 and 0 (Jabri, Fleet and Chen 2023; Chen 2023, algorithm 1).</summary>
    AlphaBarSigmoid,
}
