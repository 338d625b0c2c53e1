using static TorchSharp.torch;

namespace Ddpm.Trainer.Evaluation;

/// <summary>
/// Improved precision and recall (Kynkäänniemi et al. 2019, equations 1 and 2). The manifold of a set is the union of the balls around its
/// features that reach to their k-th nearest neighbour in the set.
/// </summary>
/// <param name="Precision">Part of the samples that lies in the manifold of the real images, 0 … 1: how real they look.</param>
/// <param name="Recall">Part of the real images that lies in the manifold of the samples, 0 … 1: how much of the variety they have.</param>
/// <param name="Neighbours">k.</param>
public sealed record PrecisionRecall(double Precision, double Recall, int Neighbours)
{
    // 1024 rows against 10,000 columns in float64: 80 MB, whatever the number of rows.
    private const int ChunkSize = 1024;

    /// <summary>Precision and recall of samples against real images.</summary>
    /// <param name="real">Features of real images, [n, d].</param>
    /// <param name="samples">Features of samples, [m, d]; the paper has m = n.</param>
    /// <param name="neighbours">k, at least 1 and less than n and m.</param>
    /// <exception cref="ArgumentException">The sets have other shapes, or too few images for k.</exception>
    public static PrecisionRecall Between(Tensor real, Tensor samples, int neighbours = 3)
    {
        FeatureSets.ThrowUnlessComparable(real, samples);
        if (neighbours < 1 || neighbours >= Math.Min(real.shape[0], samples.shape[0]))
        {
            throw new ArgumentException(
                $"The number of neighbours must be at least 1 and less than the number of images, {Math.Min(real.shape[0], samples.shape[0])}; is {neighbours}.",
                nameof(neighbours));
        }
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        var (realSet, sampleSet) = (real.to(float64), samples.to(float64));
        return new PrecisionRecall(PartWithin(realSet, sampleSet, neighbours), PartWithin(sampleSet, realSet, neighbours), neighbours);
    }

    /// <summary>Part of the queries that lies in a ball of the manifold.</summary>
    private static double PartWithin(Tensor manifold, Tensor queries, int neighbours)
    {
        using var scope = NewDisposeScope();
        // The nearest of all is the point itself.
        var radii = cat(InChunks(manifold, manifold, distances => distances.topk(neighbours + 1, dim: 1, largest: false).values.select(1, neighbours)));
        var inside = InChunks(queries, manifold, distances => distances.le(radii).any(1));
        return cat(inside).to(float64).mean().item<double>();
    }

    private static List<Tensor> InChunks(Tensor rows, Tensor columns, Func<Tensor, Tensor> reduce)
    {
        var results = new List<Tensor>();
        var columnNorms = columns.square().sum(1);
        foreach (var chunk in rows.split(ChunkSize))
        {
            using var scope = NewDisposeScope();
            // |x − y|² = |x|² + |y|² − 2xᵀy; rounding may make it a little negative.
            var distances = (chunk.square().sum(1, keepdim: true) + columnNorms - 2 * chunk.mm(columns.t())).clamp(min: 0);
            results.Add(reduce(distances).MoveToOuterDisposeScope());
        }
        return results;
    }
}
