using static TorchSharp.torch;

namespace Ddpm.Trainer.Evaluation;

public sealed class KernelInceptionDistanceTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Between_AllImagesAtOnce_IsTheSumOverPairs()
    {
        var (x, y) = (Normal(7, 5, seed: 1), Normal(7, 5, seed: 2) + 0.5);

        var distance = KernelInceptionDistance.Between(x, y, subsets: 1);

        distance.SubsetSize.ShouldBe(7);
        distance.StandardError.ShouldBe(0);
        distance.Mean.ShouldBe(ByPairs(Rows(x), Rows(y)), tolerance: 1e-12);
    }

    /// <summary>In one dimension k(x, y) = Σ binom(3, j) xʲyʲ, so the discrepancy is Σ binom(3, j) (E xʲ − E yʲ)²; here of N(0, 1) and N(m, 1).</summary>
    [Fact]
    public void Between_NormalsInOneDimension_IsTheExpectation()
    {
        const double shift = 0.7;
        var (x, y) = (Normal(20_000, 1, seed: 3), Normal(20_000, 1, seed: 4) + shift);

        var distance = KernelInceptionDistance.Between(x, y, subsets: 100, subsetSize: 1000, seed: 5);

        var second = shift * shift;
        var third = shift * shift * shift + 3 * shift;
        var expected = 3 * shift * shift + 3 * second * second + third * third;
        distance.Mean.ShouldBe(expected, tolerance: 0.05 * expected);
        distance.StandardError.ShouldBeInRange(0.001 * expected, 0.02 * expected);
    }

    [Fact]
    public void Between_TwoSamplesOfOneDistribution_IsZeroOnAverage()
    {
        var estimates = Enumerable.Range(0, 400)
            .Select(i => KernelInceptionDistance.Between(Normal(20, 4, seed: (ulong)(1000 + i)), Normal(20, 4, seed: (ulong)(9000 + i)), subsets: 1).Mean)
            .ToList();

        var mean = estimates.Average();
        var error = Math.Sqrt(estimates.Sum(e => (e - mean) * (e - mean)) / 399 / 400);
        Math.Abs(mean).ShouldBeLessThan(4 * error);
        estimates.ShouldContain(estimate => estimate < 0, "an unbiased estimate of 0 is sometimes negative");
    }

    [Fact]
    public void Between_TheSameSeed_IsTheSameNumber()
    {
        var (x, y) = (Normal(50, 3, seed: 1), Normal(60, 3, seed: 2));

        var distance = KernelInceptionDistance.Between(x, y, subsets: 10, subsetSize: 20, seed: 7);

        KernelInceptionDistance.Between(x, y, subsets: 10, subsetSize: 20, seed: 7).ShouldBe(distance);
        KernelInceptionDistance.Between(x, y, subsets: 10, subsetSize: 20, seed: 8).Mean.ShouldNotBe(distance.Mean);
    }

    [Fact]
    public void Between_SetsThatDoNotFit_IsRefused() =>
        Should.Throw<ArgumentException>(() => KernelInceptionDistance.Between(zeros(5, 3), zeros(5, 4))).Message.ShouldContain("[5, 3] and [5, 4]");

    private static double ByPairs(double[][] x, double[][] y)
    {
        static double Kernel(double[] a, double[] b) => Math.Pow(a.Zip(b, (u, v) => u * v).Sum() / a.Length + 1, 3);
        var m = x.Length;
        var sum = 0.0;
        for (var i = 0; i < m; i++)
        {
            for (var j = 0; j < m; j++)
            {
                if (i != j)
                    sum += (Kernel(x[i], x[j]) + Kernel(y[i], y[j])) / (m * (m - 1.0));
                sum -= 2 * Kernel(x[i], y[j]) / (m * (double)m);
            }
        }
        return sum;
    }

    private static double[][] Rows(Tensor features) => [.. features.data<double>().ToArray().Chunk((int)features.shape[1])];

    private static Tensor Normal(int count, int dimensions, ulong seed)
    {
        using var generator = new Generator(seed);
        return randn(count, dimensions, dtype: float64, generator: generator);
    }
}
