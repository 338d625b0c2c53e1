using System.Numerics;

namespace Ddpm.Diffusion;

/// <summary>Between two noises along the sphere that they lie on (Shoemake 1985; Song, Meng and Ermon 2020, equation 67).</summary>
public static class SphericalInterpolation
{
    // Below this the two are as good as parallel, and the formula divides by nearly 0.
    private const double LeastSine = 1e-6;

    /// <summary>sin((1−w)θ)/sin θ a + sin(wθ)/sin θ b, with θ the angle between a and b. Two that are parallel or opposite: along the line.</summary>
    /// <param name="first">a, flat.</param>
    /// <param name="second">b, as long.</param>
    /// <param name="weight">w, 0 … 1: 0 is a and 1 is b, both exactly.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static T[] Between<T>(T[] first, T[] second, double weight)
        where T : struct, IFloatingPointIeee754<T>
    {
        if (first.Length != second.Length)
            throw new ArgumentException($"Two noises of the same image have {first.Length} and {second.Length} elements.");
        double product = 0, firstSquare = 0, secondSquare = 0;
        for (var i = 0; i < first.Length; i++)
        {
            var (a, b) = (double.CreateTruncating(first[i]), double.CreateTruncating(second[i]));
            product += a * b;
            firstSquare += a * a;
            secondSquare += b * b;
        }

        var angle = Math.Acos(Math.Clamp(product / Math.Sqrt(firstSquare * secondSquare), -1, 1));
        var sine = Math.Sin(angle);
        return weight switch
        {
            0 => [.. first],
            1 => [.. second],
            // Not "less than", which NaN, the angle of a vector of zeros, never is.
            _ when !(sine >= LeastSine) => LinearCombination.Of((1 - weight, first), (weight, second)),
            _ => LinearCombination.Of((Math.Sin((1 - weight) * angle) / sine, first), (Math.Sin(weight * angle) / sine, second)),
        };
    }
}
