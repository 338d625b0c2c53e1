using System.Numerics;

namespace Ddpm.Diffusion;

/// <summary>Standard normal noise of one trajectory.</summary>
public interface INoiseSource
{
    /// <summary>
    /// Fills <paramref name="destination"/> with independent N(0, 1) values. The same step and use give the same values,
    /// in whatever order and however often they are asked for.
    /// </summary>
    /// <param name="destination">One image.</param>
    /// <param name="step">Steps that the state which the noise is added to has made; at least 0.</param>
    /// <param name="use">What the noise is for.</param>
    void Fill<T>(Span<T> destination, int step, NoiseUse use)
        where T : struct, IFloatingPointIeee754<T>;
}
