using System.Numerics;

namespace Ddpm.Diffusion.Tests;

internal static class Close
{
    /// <summary>Every element within <paramref name="tolerance"/>.</summary>
    public static void ShouldBeCloseTo<T>(this IReadOnlyList<T> actual, IReadOnlyList<double> expected, double tolerance, string what)
        where T : struct, IFloatingPointIeee754<T>
    {
        actual.Count.ShouldBe(expected.Count, what);
        for (var i = 0; i < expected.Count; i++)
        {
            var difference = Math.Abs(double.CreateTruncating(actual[i]) - expected[i]);
            // Not "greater than", which NaN never is.
            if (!(difference <= tolerance))
            {
                throw new ShouldAssertException(
                    $"{what}: element {i} is {actual[i]}, not {expected[i]}; they differ by {difference:e2}, allowed is {tolerance:e2}");
            }
        }
    }

    /// <summary>Every element within <paramref name="tolerance"/> times the expected one.</summary>
    public static void ShouldBeRelativelyCloseTo(this IReadOnlyList<double> actual, IReadOnlyList<double> expected, double tolerance, string what)
    {
        actual.Count.ShouldBe(expected.Count, what);
        for (var i = 0; i < expected.Count; i++)
            actual[i].ShouldBe(expected[i], tolerance * Math.Abs(expected[i]), $"{what}: element {i}");
    }
}
