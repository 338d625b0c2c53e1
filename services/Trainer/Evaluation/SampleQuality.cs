using static TorchSharp.torch;

namespace Ddpm.Trainer.Evaluation;

/// <summary>All figures of one set of samples against one set of real images. They compare only where features and counts are the same.</summary>
/// <param name="Features">The network whose features were compared.</param>
/// <param name="SampleCount">Samples.</param>
/// <param name="ReferenceCount">Real images.</param>
/// <param name="FrechetDistance">d² of all samples and all real images: FMD with the features of <see cref="FashionClassifier"/>.</param>
/// <param name="HalvesDistance">d² of two random sets of real images without a common one: what a perfect model would reach with so many.</param>
/// <param name="HalfCount">Images in each of the two.</param>
/// <param name="KernelDistance">KID of all samples and all real images.</param>
/// <param name="PrecisionRecall">Of equally many samples and real images, drawn at random from the larger set.</param>
/// <param name="ManifoldCount">Images of each kind in <paramref name="PrecisionRecall"/>.</param>
/// <param name="ClassAccuracy">How often the samples are of the class that was asked for; null: they have no labels.</param>
/// <param name="Seed">Chose the halves, the subsets and the draws.</param>
public sealed record SampleQuality(
    string Features,
    int SampleCount,
    int ReferenceCount,
    double FrechetDistance,
    double HalvesDistance,
    int HalfCount,
    KernelInceptionDistance KernelDistance,
    PrecisionRecall PrecisionRecall,
    int ManifoldCount,
    ClassAccuracy? ClassAccuracy,
    long Seed)
{
    /// <summary>Measures with the classifier's features, and the classes of the samples too.</summary>
    /// <param name="classifier">The classifier.</param>
    /// <param name="samples">Bytes as uint8, [n, 1, 28, 28].</param>
    /// <param name="labels">Classes that the samples were made as, [n], int64.</param>
    /// <param name="reference">Real images, as the samples, [m, 1, 28, 28].</param>
    /// <param name="seed">Chooses the halves, the subsets and the draws.</param>
    /// <inheritdoc cref="Measure" path="/exception"/>
    public static SampleQuality MeasureWithClasses(FashionClassifier classifier, Tensor samples, Tensor labels, Tensor reference, long seed = 0)
    {
        var accuracy = ClassAccuracy.Of(classifier, samples, labels);
        return Measure(classifier, samples, reference, seed) with { ClassAccuracy = accuracy };
    }

    /// <summary>Measures with any features.</summary>
    /// <param name="features">The network.</param>
    /// <param name="samples">Bytes as uint8, [n, channels, height, width], n at least 4.</param>
    /// <param name="reference">Real images, as the samples, m at least 4.</param>
    /// <param name="seed">Chooses the halves, the subsets and the draws.</param>
    /// <param name="halfCount">Images in each real half, at least 2; m / 2 where that is less.</param>
    /// <exception cref="ArgumentException">Too few images, or not what the network takes.</exception>
    public static SampleQuality Measure(IImageFeatures features, Tensor samples, Tensor reference, long seed = 0, int halfCount = 1000)
    {
        const int neighbours = 3;
        ArgumentOutOfRangeException.ThrowIfLessThan(halfCount, 2);
        if (Math.Min(samples.shape[0], reference.shape[0]) <= neighbours)
            throw new ArgumentException($"At least {neighbours + 1} images of each kind are needed; there are {samples.shape[0]} samples and {reference.shape[0]} real images.");
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed);
        var (sampled, real) = (features.Extract(samples), features.Extract(reference));
        var half = (int)Math.Min(halfCount, real.shape[0] / 2);
        var halves = Draw(real, 2 * half, generator);
        var manifold = (int)Math.Min(sampled.shape[0], real.shape[0]);
        return new SampleQuality(
            features.Name,
            (int)sampled.shape[0],
            (int)real.shape[0],
            Distance(sampled, real),
            Distance(halves[..half], halves[half..]),
            half,
            KernelInceptionDistance.Between(sampled, real, seed: seed),
            PrecisionRecall.Between(Draw(real, manifold, generator), Draw(sampled, manifold, generator), neighbours),
            manifold,
            null,
            seed);
    }

    private static double Distance(Tensor a, Tensor b)
    {
        using var first = FeatureStatistics.Of(a);
        using var second = FeatureStatistics.Of(b);
        return Evaluation.FrechetDistance.Between(first, second);
    }

    private static Tensor Draw(Tensor features, int count, Generator generator) =>
        features.index_select(0, randperm(features.shape[0], generator: generator).narrow(0, 0, count).to(features.device));
}
