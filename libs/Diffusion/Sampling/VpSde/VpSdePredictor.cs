namespace Ddpm.Diffusion;

/// <summary>How a step goes from one time to the next.</summary>
public enum VpSdePredictor
{
    /// <summary>Euler and Maruyama: β(t) as it is at the step's beginning.</summary>
    EulerMaruyama,

    /// <summary>The reverse of the forward process' own discretisation (Song et al. 2021, appendix E, equation 46 with 43).</summary>
    ReverseDiffusion,

    /// <summary>Ancestral sampling, DDPM's step (Song et al. 2021, equation 4).</summary>
    Ancestral,

    /// <summary>Not at all: the corrector alone follows the noise level.</summary>
    None,
}
