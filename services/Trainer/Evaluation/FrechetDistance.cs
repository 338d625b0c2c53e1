using static TorchSharp.torch;

namespace Ddpm.Trainer.Evaluation;

/// <summary>
/// The squared Fréchet distance of two normal distributions, d² = |μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2(Σ₁Σ₂)^½) (Dowson and Landau 1982), which is
/// FID where the features are Inception's (Heusel et al. 2017, section 2).
/// </summary>
/// <remarks>
/// With few images it is too large, by a term that falls as 1/n: compare only figures of the same number of images.
/// </remarks>
public static class FrechetDistance
{
    /// <summary>d², at least 0, of the normal distributions that fit two sets of features.</summary>
    /// <exception cref="ArgumentException">They have different dimensions.</exception>
    /// <exception cref="InvalidOperationException">One has fewer than two images.</exception>
    public static double Between(FeatureStatistics a, FeatureStatistics b)
    {
        if (a.Dimensions != b.Dimensions)
            throw new ArgumentException($"Sets of {a.Dimensions} and of {b.Dimensions} features have no distance.", nameof(b));
        using var scope = NewDisposeScope();
        var (first, second) = (a.Covariance, b.Covariance);
        var meanPart = (a.Mean - b.Mean).square().sum().item<double>();
        var spread = Trace(first) + Trace(second);
        // The eigenvalues of Σ₁Σ₂ are the squares of the singular values of Σ₁^½Σ₂^½: their sum keeps its digits where Σ is singular.
        var overlap = linalg.svdvals(SquareRoot(first).mm(SquareRoot(second))).sum().item<double>();
        return Math.Max(0, meanPart + spread - 2 * overlap);
    }

    private static double Trace(Tensor matrix) => matrix.diagonal().sum().item<double>();

    /// <summary>The symmetric root of a covariance; eigenvalues that rounding made negative count as 0.</summary>
    private static Tensor SquareRoot(Tensor covariance)
    {
        var (values, vectors) = linalg.eigh(covariance);
        return (vectors * values.clamp(min: 0).sqrt()).mm(vectors.t());
    }
}
