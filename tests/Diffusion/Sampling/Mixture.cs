namespace Ddpm.Diffusion.Tests.Sampling;

/// <summary>The data distribution of <see cref="AnalyticModel"/>, Σ_k w_k N(m_k, s_k² I) of 4×4 images, and what samples say about it.</summary>
internal static class Mixture
{
    private const int Elements = AnalyticModel.Elements;

    private static readonly double[] Means = AnalyticModel.Means;
    private static readonly double[] Deviations = AnalyticModel.Deviations;
    private static readonly double[] Weights = AnalyticModel.Weights;

    /// <summary>Samples of the distribution itself.</summary>
    public static double[][] Draw(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(n =>
        {
            var normal = new double[Elements];
            new PhiloxNoise((ulong)seed, n).Fill<double>(normal, 0, NoiseUse.Initial);
            var k = ComponentOf(random.NextDouble());
            return normal.Select((value, i) => Means[(k * Elements) + i] + (Deviations[k] * value)).ToArray();
        })];
    }

    /// <summary>Fails unless the samples' figures are within 4.5 standard errors of the distribution's, and the first 1,000 pass the energy test.</summary>
    public static void ShouldBeOfTheMixture(this double[][] samples)
    {
        var deviation = Deviation(samples);
        var p = EnergyTest(samples[..1000], Draw(1000, seed: 1), permutations: 199, seed: 1);
        TestContext.Current.TestOutputHelper?.WriteLine($"{deviation}, p = {p:0.000}");
        deviation.Weight.ShouldBeLessThan(4.5);
        deviation.Mean.ShouldBeLessThan(4.5);
        deviation.Variance.ShouldBeLessThan(4.5);
        p.ShouldBeGreaterThan(0.01);
    }

    /// <summary>How many standard errors the samples' figures are off those of the distribution.</summary>
    /// <param name="samples">Independent, as many as there are.</param>
    /// <returns>The largest deviation of a component's weight, of an element of its mean, and of its variance, each in its standard errors.</returns>
    private static (double Weight, double Mean, double Variance) Deviation(double[][] samples)
    {
        var (weight, mean, variance) = (0.0, 0.0, 0.0);
        var byComponent = samples.ToLookup(Nearest);
        for (var k = 0; k < Weights.Length; k++)
        {
            var own = byComponent[k].ToArray();
            weight = Math.Max(weight, Math.Abs(own.Length - (samples.Length * Weights[k])) / Math.Sqrt(samples.Length * Weights[k] * (1 - Weights[k])));
            var squares = 0.0;
            for (var i = 0; i < Elements; i++)
            {
                var expected = Means[(k * Elements) + i];
                mean = Math.Max(mean, Math.Abs(own.Average(x => x[i]) - expected) / (Deviations[k] / Math.Sqrt(own.Length)));
                squares += own.Sum(x => Math.Pow((x[i] - expected) / Deviations[k], 2));
            }

            var degrees = own.Length * Elements;
            variance = Math.Max(variance, Math.Abs(squares - degrees) / Math.Sqrt(2.0 * degrees));
        }

        return (weight, mean, variance);
    }

    /// <summary>
    /// Whether two sets of as many samples are of one distribution, by their energy distance 2 E‖X−Y‖ − E‖X−X'‖ − E‖Y−Y'‖ (Székely and Rizzo 2004): the
    /// share of random divisions of all of them in two halves that are as far apart.
    /// </summary>
    /// <returns>p, at least 1/(permutations + 1).</returns>
    public static double EnergyTest(double[][] x, double[][] y, int permutations, int seed)
    {
        double[][] all = [.. x, .. y];
        var distances = new float[all.Length][];
        Parallel.For(0, all.Length, i => distances[i] = [.. all.Select(other => (float)Distance(all[i], other))]);
        var random = new Random(seed);
        var sides = Enumerable.Range(0, all.Length).Select(i => i < x.Length ? 1f : -1f).ToArray();
        var observed = Energy(sides);
        var shuffles = Enumerable.Range(0, permutations).Select(_ =>
        {
            random.Shuffle(sides);
            return sides.ToArray();
        }).ToArray();
        return (1.0 + shuffles.AsParallel().Count(shuffle => Energy(shuffle) >= observed)) / (permutations + 1);

        // With s = ±1 by side, n² times the energy distance is −Σ s_i s_j ‖x_i − x_j‖.
        double Energy(float[] s)
        {
            var sum = 0.0;
            for (var i = 0; i < s.Length; i++)
            {
                for (var j = 0; j < i; j++)
                    sum -= s[i] * s[j] * distances[i][j];
            }

            return sum;
        }
    }

    private static double Distance(double[] a, double[] b) => Math.Sqrt(a.Zip(b, (p, q) => (p - q) * (p - q)).Sum());

    /// <summary>The component that an image most probably is from.</summary>
    private static int Nearest(double[] x)
    {
        var (shares, _) = AnalyticModel.Components<double>(x, alphaBar: 1);
        return Array.IndexOf(shares, shares.Max());
    }

    private static int ComponentOf(double uniform)
    {
        var (k, below) = (0, Weights[0]);
        while (k < Weights.Length - 1 && uniform >= below)
            below += Weights[++k];
        return k;
    }
}
