using static TorchSharp.torch;

namespace Ddpm.Trainer.Evaluation;

public sealed class FeatureStatisticsTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Of_AFewVectors_AreMeanAndCovarianceByHand()
    {
        using var statistics = FeatureStatistics.Of(tensor(new float[,] { { 1, 2 }, { 3, 2 }, { 5, 8 } }));

        statistics.Count.ShouldBe(3);
        statistics.Mean.data<double>().ToArray().ShouldBe([3, 4]);
        statistics.Covariance.data<double>().ToArray().ShouldBe([4, 6, 6, 12]);
    }

    /// <summary>A mean a million times the deviation: what E[x²] − E[x]² would lose.</summary>
    [Fact]
    public void Add_BatchByBatchAndMerged_AgreesWithTheWhole()
    {
        using var generator = new Generator(1);
        var features = randn(257, 8, dtype: float64, generator: generator) + 1e6;
        var centred = features - features.mean([0]);
        var covariance = centred.t().mm(centred) / 256;
        using var streamed = new FeatureStatistics(8);
        using var other = new FeatureStatistics(8);
        using var nothing = new FeatureStatistics(8);

        foreach (var part in features[..150].split(32))
            streamed.Add(part);
        foreach (var part in features[150..].split(10))
            other.Add(part);
        streamed.Merge(other);
        streamed.Merge(nothing);

        streamed.Count.ShouldBe(257);
        Distance(streamed.Mean, features.mean([0])).ShouldBeLessThan(1e-8);
        Distance(streamed.Covariance, covariance).ShouldBeLessThan(1e-8);
    }

    [Fact]
    public void Add_WhatAreNoFeatures_IsRefused()
    {
        using var statistics = new FeatureStatistics(2);

        Should.Throw<ArgumentException>(() => statistics.Add(zeros(3, 4))).Message.ShouldContain("[images, 2]");
        Should.Throw<ArgumentException>(() => statistics.Add(full([3, 2], double.NaN))).Message.ShouldContain("finite");
        statistics.Count.ShouldBe(0);
    }

    private static double Distance(Tensor a, Tensor b) => (a - b).abs().max().item<double>();
}
