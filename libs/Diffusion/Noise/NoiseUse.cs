namespace Ddpm.Diffusion;

/// <summary>What noise is drawn for; draws for different uses are independent.</summary>
/// <remarks>The values are part of every recorded image: never change one.</remarks>
public enum NoiseUse
{
    /// <summary>x_T, at step 0.</summary>
    Initial = 0,

    /// <summary>The noise that a sampler's step adds.</summary>
    Step = 1,

    /// <summary>The noise of a corrector, counted over all its applications.</summary>
    Corrector = 2,

    /// <summary>The directions in which a divergence is estimated, at their numbers.</summary>
    Probe = 3,

    /// <summary>The noise of known pixels in inpainting.</summary>
    Known = 4,

    /// <summary>The noise by which inpainting goes a step back.</summary>
    Resampling = 5,

    /// <summary>The uniform numbers that fill the gaps between bytes.</summary>
    Dequantization = 6,
}
