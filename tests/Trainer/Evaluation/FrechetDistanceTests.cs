using static TorchSharp.torch;

namespace Ddpm.Trainer.Evaluation;

public sealed class FrechetDistanceTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(200, 16)]
    [InlineData(10, 16)]
    public void Between_ASetAndItself_IsZero(int count, int dimensions)
    {
        using var statistics = FeatureStatistics.Of(Normal(count, dimensions, seed: 1));

        FrechetDistance.Between(statistics, statistics).ShouldBe(0, tolerance: 1e-12 * dimensions);
    }

    /// <summary>Diagonal covariances commute: d² = Σ (μ₁ − μ₂)² + Σ (σ₁ − σ₂)².</summary>
    [Fact]
    public void Between_ShiftedAndScaledAlongTheAxes_IsTheClosedForm()
    {
        double[] firstMean = [1, -2, 0.5, 30], firstDeviation = [1, 0.1, 2, 5];
        double[] secondMean = [1.5, -2, 3, 20], secondDeviation = [2, 0.3, 2, 0];
        using var first = FeatureStatistics.Of(Whitened(400, 4, seed: 2) * tensor(firstDeviation) + tensor(firstMean));
        using var second = FeatureStatistics.Of(Whitened(300, 4, seed: 3) * tensor(secondDeviation) + tensor(secondMean));

        var expected = Enumerable.Range(0, 4).Sum(i =>
            Math.Pow(firstMean[i] - secondMean[i], 2) + Math.Pow(firstDeviation[i] - secondDeviation[i], 2));
        FrechetDistance.Between(first, second).ShouldBe(expected, tolerance: 1e-10);
    }

    /// <summary>Covariances with the same eigenvectors commute: tr (Σ₁Σ₂)^½ is Σ √λ₁√λ₂.</summary>
    [Fact]
    public void Between_CommutingCovariances_IsTheClosedForm()
    {
        var (rotation, _) = linalg.qr(Normal(5, 5, seed: 4));
        double[] firstValues = [4, 1, 0.25, 9, 0], secondValues = [1, 16, 4, 0.01, 2];
        using var first = FeatureStatistics.Of((Whitened(100, 5, seed: 5) * tensor(firstValues).sqrt()).mm(rotation.t()));
        using var second = FeatureStatistics.Of((Whitened(100, 5, seed: 6) * tensor(secondValues).sqrt()).mm(rotation.t()));

        var expected = firstValues.Zip(secondValues, (a, b) => Math.Pow(Math.Sqrt(a) - Math.Sqrt(b), 2)).Sum();
        FrechetDistance.Between(first, second).ShouldBe(expected, tolerance: 1e-10);
    }

    /// <summary>Two by two, tr M^½ = √(tr M + 2√det M): a closed form for covariances that do not commute.</summary>
    [Fact]
    public void Between_TwoDimensionsThatDoNotCommute_IsTheClosedForm()
    {
        var (a, b) = (tensor(new double[,] { { 2, 0.5 }, { 0.5, 1 } }), tensor(new double[,] { { 1, -0.8 }, { -0.8, 3 } }));
        using var first = FeatureStatistics.Of(Whitened(50, 2, seed: 7).mm(linalg.cholesky(a).t()));
        using var second = FeatureStatistics.Of(Whitened(60, 2, seed: 8).mm(linalg.cholesky(b).t()));

        // tr ΣΣ' = 2·1 + 2·0.5·(−0.8) + 1·3 and det ΣΣ' = (2·1 − 0.25)(1·3 − 0.64).
        var overlap = Math.Sqrt(4.2 + 2 * Math.Sqrt(1.75 * 2.36));
        FrechetDistance.Between(first, second).ShouldBe(2 + 1 + 1 + 3 - 2 * overlap, tolerance: 1e-10);
    }

    [Fact]
    public void Between_OtherDimensionsOrOneImage_IsRefused()
    {
        using var three = FeatureStatistics.Of(Normal(10, 3, seed: 1));
        using var four = FeatureStatistics.Of(Normal(10, 4, seed: 1));
        using var one = FeatureStatistics.Of(Normal(1, 3, seed: 1));

        Should.Throw<ArgumentException>(() => FrechetDistance.Between(three, four)).Message.ShouldContain("3 and of 4");
        Should.Throw<InvalidOperationException>(() => FrechetDistance.Between(three, one)).Message.ShouldContain("at least 2 images");
    }

    private static Tensor Normal(int count, int dimensions, ulong seed)
    {
        using var generator = new Generator(seed);
        return randn(count, dimensions, dtype: float64, generator: generator);
    }

    /// <summary>Samples whose mean is exactly 0 and whose covariance exactly the identity.</summary>
    private static Tensor Whitened(int count, int dimensions, ulong seed)
    {
        var raw = Normal(count, dimensions, seed);
        var (orthonormal, _) = linalg.qr(raw - raw.mean([0]));
        return orthonormal * Math.Sqrt(count - 1);
    }
}
