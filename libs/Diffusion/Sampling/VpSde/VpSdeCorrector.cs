namespace Ddpm.Diffusion;

/// <summary>What brings x back to the distribution of its time before each step.</summary>
public enum VpSdeCorrector
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Langevin's dynamics, with a step by the ratio of the norms of noise and score (Song et al. 2021, algorithm 5).</summary>
    Langevin,

    /// <summary>Annealed Langevin dynamics, with a step by the noise level (Song and Ermon 2019, algorithm 1).</summary>
    AnnealedLangevin,
}
