using static TorchSharp.torch;

namespace Ddpm.Trainer.Evaluation;

/// <summary>
/// The decoder of Ho et al. 2020, equation 13: a normal distribution over pixels, each byte being the interval of width 2/255 around its
/// value in [−1, 1]; the darkest and the brightest reach to infinity, so that the 256 probabilities add up to 1.
/// </summary>
public static class DiscretizedGaussian
{
    private const double HalfWidth = 1.0 / 255;

    // Far out in a tail the probability is less than a double can hold: log of the least one, −708.
    private const double Smallest = 2.2250738585072014e-308;

    /// <summary>ln p of each pixel, at most 0, float64. The normal distribution is exact, where the paper's code approximates it by a tanh.</summary>
    /// <param name="pixels">Bytes scaled to [−1, 1], float64.</param>
    /// <param name="mean">Means, of a shape that fits.</param>
    /// <param name="deviation">σ, more than 0, of a shape that fits.</param>
    public static Tensor LogProbability(Tensor pixels, Tensor mean, Tensor deviation)
    {
        using var scope = NewDisposeScope();
        var lower = where(pixels.le(-1 + HalfWidth), double.NegativeInfinity, (pixels - HalfWidth - mean) / deviation);
        var upper = where(pixels.ge(1 - HalfWidth), double.PositiveInfinity, (pixels + HalfWidth - mean) / deviation);
        // Intervals above the mean are mirrored below it: differences of probabilities near 1 have no digits.
        var above = lower.gt(0);
        (lower, upper) = (where(above, -upper, lower), where(above, -lower, upper));
        return (NormalTail(upper) - NormalTail(lower)).clamp(min: Smallest).log().MoveToOuterDisposeScope();
    }

    /// <summary>Φ(z).</summary>
    private static Tensor NormalTail(Tensor z) => 0.5 * special.erfc(-z / Math.Sqrt(2));
}
