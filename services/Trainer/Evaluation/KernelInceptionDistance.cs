using static TorchSharp.torch;

namespace Ddpm.Trainer.Evaluation;

/// <summary>
/// KID (Bińkowski et al. 2018, section 4): the unbiased squared maximum mean discrepancy of two sets of features under the kernel
/// k(x, y) = (xᵀy/d + 1)³, averaged over random subsets. Unlike a Fréchet distance its expectation does not depend on the number of images;
/// it may be negative.
/// </summary>
/// <param name="Mean">Mean over the subsets.</param>
/// <param name="StandardError">Sample deviation over the subsets, divided by the root of their number; 0 for one subset.</param>
/// <param name="Subsets">Number of subsets.</param>
/// <param name="SubsetSize">Images of each set in a subset, drawn without replacement.</param>
public sealed record KernelInceptionDistance(double Mean, double StandardError, int Subsets, int SubsetSize)
{
    /// <summary>KID of two sets of features, [n, d] and [m, d]; one seed, one result.</summary>
    /// <param name="a">[n, d].</param>
    /// <param name="b">[m, d].</param>
    /// <param name="subsets">Number of subsets, at least 1.</param>
    /// <param name="subsetSize">At least 2; min(n, m) where that is less.</param>
    /// <param name="seed">Chooses the subsets.</param>
    /// <exception cref="ArgumentException">The sets have other shapes, or fewer than two images.</exception>
    public static KernelInceptionDistance Between(Tensor a, Tensor b, int subsets = 100, int subsetSize = 1000, long seed = 0)
    {
        FeatureSets.ThrowUnlessComparable(a, b);
        ArgumentOutOfRangeException.ThrowIfLessThan(subsets, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(subsetSize, 2);
        var size = (int)Math.Min(subsetSize, Math.Min(a.shape[0], b.shape[0]));
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed);
        var (first, second) = (a.to(float64), b.to(float64));
        var estimates = Enumerable.Range(0, subsets).Select(_ => SquaredDiscrepancy(Draw(first, size, generator), Draw(second, size, generator))).ToList();
        var mean = estimates.Average();
        var variance = subsets == 1 ? 0 : estimates.Sum(estimate => (estimate - mean) * (estimate - mean)) / (subsets - 1);
        return new KernelInceptionDistance(mean, Math.Sqrt(variance / subsets), subsets, size);
    }

    private static Tensor Draw(Tensor features, int size, Generator generator)
    {
        using var order = randperm(features.shape[0], generator: generator);
        return features.index_select(0, order.narrow(0, 0, size).to(features.device));
    }

    /// <summary>The unbiased estimate of two sets of equal size m: pairs of a set leave out each image with itself (equation 4).</summary>
    private static double SquaredDiscrepancy(Tensor x, Tensor y)
    {
        using var scope = NewDisposeScope();
        double m = x.shape[0];
        return (MeanOfPairs(x) + MeanOfPairs(y) - 2 * Kernel(x, y).sum() / (m * m)).item<double>();
    }

    private static Tensor MeanOfPairs(Tensor x)
    {
        var kernel = Kernel(x, x);
        double m = x.shape[0];
        return (kernel.sum() - kernel.diagonal().sum()) / (m * (m - 1));
    }

    private static Tensor Kernel(Tensor x, Tensor y)
    {
        var root = x.mm(y.t()) / x.shape[1] + 1;
        return root * root * root;
    }
}
