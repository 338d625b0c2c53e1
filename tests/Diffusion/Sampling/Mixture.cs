namespace Ddpm.Diffusion.Tests.Sampling;

/// <summary>The data distribution of <see cref="AnalyticModel"/>, Σ_k w_k N(m_k, s_k² I) of 4×4 images, and what samples say about it.</summary>
internal static class Mixture
{
    private const int Elements = AnalyticModel.Elements;

    private static readonly double[] Means = Goldens.Analytic.ReadFloat64("means");
    private static readonly double[] Deviations = Goldens.Analytic.ReadFloat64("stds");
    private static readonly double[] Weights = Goldens.Analytic.ReadFloat64("weights");

    /// <summary>Samples of the distribution itself.</summary>
    public static double[][] Draw(int count, ulong seed)
    {
        var samples = new double[count][];
        for (var n = 0; n < count; n++)
        {
            var normal = new double[Elements + 1];
            new PhiloxNoise(seed, n).Fill<double>(normal, 0, NoiseUse.Initial);
            // The first is spent on the component: the normal distribution's quantiles cut as its weights do.
            var k = ComponentOf(normal[0]);
            samples[n] = [.. Enumerable.Range(0, Elements).Select(i => Means[(k * Elements) + i] + (Deviations[k] * normal[i + 1]))];
        }

        return samples;
    }

    /// <summary>How many standard errors the samples' figures are off those of the distribution.</summary>
    /// <param name="samples">Independent, as many as there are.</param>
    /// <returns>The largest deviation of a component's weight, of an element of its mean, and of its variance, each in its standard errors.</returns>
    public static (double Weight, double Mean, double Variance) Deviation(double[][] samples)
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

    private static int Nearest(double[] x) => Enumerable.Range(0, Weights.Length).MaxBy(k =>
        Math.Log(Weights[k]) - (Elements * Math.Log(Deviations[k]))
        - (0.5 * Enumerable.Range(0, Elements).Sum(i => Math.Pow((x[i] - Means[(k * Elements) + i]) / Deviations[k], 2))));

    private static int ComponentOf(double normal)
    {
        var (k, below) = (0, Weights[0]);
        while (k < Weights.Length - 1 && NormalDistribution(normal) > below)
            below += Weights[++k];
        return k;
    }

    /// <summary>Φ, by its series 1/2 + φ(x) (x + x³/3 + x⁵/15 + …).</summary>
    private static double NormalDistribution(double x)
    {
        if (Math.Abs(x) > 8)
            return x > 0 ? 1 : 0;
        var (sum, term) = (x, x);
        for (var n = 3; Math.Abs(term) > 1e-17; n += 2)
            sum += term *= x * x / n;
        return 0.5 + (sum * Math.Exp(-0.5 * x * x) / Math.Sqrt(2 * Math.PI));
    }
}
