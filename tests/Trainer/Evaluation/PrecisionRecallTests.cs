using static TorchSharp.torch;

namespace Ddpm.Trainer.Evaluation;

public sealed class PrecisionRecallTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    /// <summary>Real images at 0, 1, 2, 3, 10 with k = 1: radii 1, 1, 1, 1, 7. Samples at 0.5, 3.9, 4.5, 30: radii 3.4, 0.6, 0.6, 25.5.</summary>
    [Fact]
    public void Between_PointsOnALine_IsCountedByHand()
    {
        var real = tensor(new double[] { 0, 1, 2, 3, 10 }).unsqueeze(1);
        var samples = tensor(new[] { 0.5, 3.9, 4.5, 30 }).unsqueeze(1);

        var result = PrecisionRecall.Between(real, samples, neighbours: 1);

        // In the real manifold [−1, 4] ∪ [3, 17]: all but 30. In that of the samples [−2.9, 5.1] ∪ [4.5, 55.5]: all.
        result.Precision.ShouldBe(0.75);
        result.Recall.ShouldBe(1);
    }

    /// <summary>More rows than one chunk, against distances computed pair by pair.</summary>
    [Theory]
    [InlineData(1100, 40, 3)]
    [InlineData(60, 1030, 5)]
    public void Between_RandomSets_AgreesWithBruteForce(int realCount, int sampleCount, int neighbours)
    {
        var (real, samples) = (Normal(realCount, 3, seed: 1), 1.5 * Normal(sampleCount, 3, seed: 2) + 0.5);

        var result = PrecisionRecall.Between(real, samples, neighbours);

        result.Precision.ShouldBe(BruteForce(Rows(real), Rows(samples), neighbours));
        result.Recall.ShouldBe(BruteForce(Rows(samples), Rows(real), neighbours));
        result.Precision.ShouldBeInRange(0.05, 0.95, "otherwise the comparison says little");
    }

    [Fact]
    public void Between_TheSameSet_IsOneAndOne()
    {
        var set = Normal(50, 4, seed: 3);

        var result = PrecisionRecall.Between(set, set.clone());

        (result.Precision, result.Recall).ShouldBe((1, 1));
    }

    [Fact]
    public void Between_SamplesOfOneModeOfTwo_ArePreciseWithHalfTheRecall()
    {
        var near = Normal(200, 4, seed: 4);
        var real = cat([near, Normal(200, 4, seed: 5) + 1000]);

        var result = PrecisionRecall.Between(real, near + 1e-9);

        (result.Precision, result.Recall).ShouldBe((1, 0.5));
    }

    [Fact]
    public void Between_TooFewImagesForTheNeighbours_IsRefused() =>
        Should.Throw<ArgumentException>(() => PrecisionRecall.Between(zeros(3, 2), zeros(9, 2))).Message.ShouldContain("less than the number of images, 3");

    private static double BruteForce(double[][] manifold, double[][] queries, int neighbours)
    {
        var radii = manifold.Select((point, i) => manifold.Where((_, j) => j != i).Select(other => Distance(point, other)).Order().ElementAt(neighbours - 1)).ToArray();
        return queries.Count(query => manifold.Where((point, i) => Distance(point, query) <= radii[i]).Any()) / (double)queries.Length;
    }

    private static double Distance(double[] a, double[] b) => Math.Sqrt(a.Zip(b, (u, v) => (u - v) * (u - v)).Sum());

    private static double[][] Rows(Tensor features) => [.. features.data<double>().ToArray().Chunk((int)features.shape[1])];

    private static Tensor Normal(int count, int dimensions, ulong seed)
    {
        using var generator = new Generator(seed);
        return randn(count, dimensions, dtype: float64, generator: generator);
    }
}
