using static TorchSharp.torch;

namespace Ddpm.Trainer.Evaluation;

public sealed class SampleQualityTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Measure_RealImagesAsSamples_AreAsGoodAsTheHalves()
    {
        var (images, labels) = FashionMnist.Test;
        using var classifier = FashionClassifier.Load();

        var quality = SampleQuality.MeasureWithClasses(classifier, images[..1000], labels[..1000], images[1000..3000], seed: 1);

        (quality.Features, quality.SampleCount, quality.ReferenceCount, quality.HalfCount, quality.ManifoldCount).ShouldBe(($"fashion-mnist-classifier-{FashionClassifier.Sha256[..12]}", 1000, 2000, 1000, 1000));
        quality.FrechetDistance.ShouldBeInRange(0.3 * quality.HalvesDistance, 1.5 * quality.HalvesDistance);
        Math.Abs(quality.KernelDistance.Mean).ShouldBeLessThan(0.05 * Bars(quality, classifier, images).KernelDistance.Mean);
        quality.PrecisionRecall.Precision.ShouldBeInRange(0.7, 0.99);
        quality.PrecisionRecall.Recall.ShouldBeInRange(0.7, 0.99);
        quality.ClassAccuracy.ShouldNotBeNull().Overall.ShouldBeGreaterThan(0.9);
        quality.ClassAccuracy.CountByClass.Sum().ShouldBe(1000);
    }

    /// <summary>Real images with a grey bar over them: all figures say that they are not real.</summary>
    private static SampleQuality Bars(SampleQuality real, FashionClassifier classifier, Tensor images)
    {
        var damaged = images[..1000].clone();
        damaged.narrow(2, 10, 6).fill_(128);

        var quality = SampleQuality.Measure(classifier, damaged, images[1000..3000], seed: 1);

        quality.FrechetDistance.ShouldBeGreaterThan(5 * real.HalvesDistance);
        quality.PrecisionRecall.Precision.ShouldBeLessThan(real.PrecisionRecall.Precision);
        quality.ClassAccuracy.ShouldBeNull();
        return quality;
    }

    [Fact]
    public void Of_LabelsOffByOne_AreAlmostNeverRight()
    {
        var (images, labels) = FashionMnist.Test;
        using var classifier = FashionClassifier.Load();

        var accuracy = ClassAccuracy.Of(classifier, images[..500], (labels[..500] + 1) % 10);

        accuracy.Overall.ShouldBeLessThan(0.1);
        accuracy.ByClass.Zip(accuracy.CountByClass).Sum(pair => pair.First!.Value * pair.Second).ShouldBe(accuracy.Overall * 500, tolerance: 1e-9);
    }

    [Fact]
    public void Of_LabelsThatDoNotFit_AreRefused()
    {
        using var classifier = FashionClassifier.Load();
        var images = zeros([2, 1, 28, 28], uint8);

        Should.Throw<ArgumentException>(() => ClassAccuracy.Of(classifier, images, zeros([3], int64))).Message.ShouldContain("[2]");
        Should.Throw<ArgumentException>(() => ClassAccuracy.Of(classifier, images, tensor(new long[] { 0, 10 }))).Message.ShouldContain("one is 10");
    }

    /// <summary>Single pixels 0, 1, 3 and 7 fall into two pairs in three ways; d² = (μ₁ − μ₂)² + (σ₁ − σ₂)² of each by hand.</summary>
    [Fact]
    public void Measure_FourImages_HalvesAreTwoPairsWithoutACommonImage()
    {
        var images = tensor(new byte[] { 0, 1, 3, 7 }).reshape(4, 1, 1, 1);
        static double Distance(double a, double b, double c, double d) =>
            Math.Pow((a + b - c - d) / 2, 2) + Math.Pow((Math.Abs(a - b) - Math.Abs(c - d)) / Math.Sqrt(2), 2);
        double[] possible = [Distance(0, 1, 3, 7), Distance(0, 3, 1, 7), Distance(0, 7, 1, 3)];

        var found = Enumerable.Range(0, 30).Select(seed => SampleQuality.Measure(new Pixels(), images, images, seed).HalvesDistance).ToList();

        found.ShouldAllBe(distance => possible.Any(value => Math.Abs(value - distance) < 1e-9));
        possible.ShouldAllBe(value => found.Any(distance => Math.Abs(value - distance) < 1e-9));
    }

    [Fact]
    public void Measure_ReferenceAsSamples_HasNoDistance()
    {
        using var generator = new Generator(1);
        var images = randint(0, 256, [40, 1, 2, 2], dtype: uint8, generator: generator);

        var quality = SampleQuality.Measure(new Pixels(), images, images, seed: 2, halfCount: 10);

        quality.FrechetDistance.ShouldBe(0, tolerance: 1e-8);
        (quality.PrecisionRecall.Precision, quality.PrecisionRecall.Recall, quality.HalfCount).ShouldBe((1, 1, 10));
        SampleQuality.Measure(new Pixels(), images, images, seed: 2, halfCount: 10).ShouldBe(quality);
    }

    private sealed class Pixels : IImageFeatures
    {
        public string Name => "pixels";

        public int Dimensions => 4;

        public Tensor Extract(Tensor images) => images.flatten(1).to(float32);
    }
}
