namespace Ddpm.Denoiser.Tests;

internal static class Close
{
    public static double LargestDifference(IEnumerable<float> actual, IEnumerable<double> expected) =>
        actual.Zip(expected, (a, e) => Math.Abs(a - e)).Max();

    public static double LargestDifference(IEnumerable<float> actual, IEnumerable<float> expected) =>
        LargestDifference(actual, expected.Select(e => (double)e));
}
