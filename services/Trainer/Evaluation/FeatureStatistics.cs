using static TorchSharp.torch;

namespace Ddpm.Trainer.Evaluation;

/// <summary>
/// Mean and covariance of feature vectors in float64, gathered batch by batch; however they are split, the result is the same but for
/// rounding. Not safe for several threads at once.
/// </summary>
/// <remarks>Pairwise update of mean and scatter (Chan, Golub and LeVeque 1979), which does not cancel where the mean is large.</remarks>
public sealed class FeatureStatistics : IDisposable
{
    private readonly Tensor _mean;
    private readonly Tensor _scatter;

    /// <param name="dimensions">Features of one image, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">Less than 1.</exception>
    public FeatureStatistics(int dimensions)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, 1);
        Dimensions = dimensions;
        _mean = zeros(dimensions, dtype: float64).DetachFromDisposeScope();
        _scatter = zeros(dimensions, dimensions, dtype: float64).DetachFromDisposeScope();
    }

    /// <summary>Features of one image.</summary>
    public int Dimensions { get; }

    /// <summary>Images so far.</summary>
    public long Count { get; private set; }

    /// <summary>μ, [dimensions], float64; the caller disposes it.</summary>
    public Tensor Mean => _mean.clone();

    /// <summary>Σ, [dimensions, dimensions], float64, with the divisor n − 1 as numpy.cov has it; the caller disposes it.</summary>
    /// <exception cref="InvalidOperationException">Fewer than two images.</exception>
    public Tensor Covariance => Count >= 2
        ? _scatter / (Count - 1)
        : throw new InvalidOperationException($"A covariance takes at least 2 images, there are {Count}.");

    /// <summary>The statistics of all rows of <paramref name="features"/>, [n, dimensions].</summary>
    /// <inheritdoc cref="Add" path="/exception"/>
    public static FeatureStatistics Of(Tensor features)
    {
        if (features.dim() != 2)
            throw new ArgumentException($"Features have the shape [images, dimensions], these have [{string.Join(", ", features.shape)}].", nameof(features));
        var statistics = new FeatureStatistics((int)features.shape[1]);
        try
        {
            statistics.Add(features);
            return statistics;
        }
        catch
        {
            statistics.Dispose();
            throw;
        }
    }

    /// <summary>Adds a batch, [n, dimensions], of any floating type on any device.</summary>
    /// <exception cref="ArgumentException">Another shape, or a value that is not finite.</exception>
    public void Add(Tensor features)
    {
        if (features.dim() != 2 || features.shape[1] != Dimensions)
            throw new ArgumentException($"Features have the shape [images, {Dimensions}], these have [{string.Join(", ", features.shape)}].", nameof(features));
        if (features.shape[0] == 0)
            return;
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        var rows = features.detach().to(float64).cpu();
        if (!rows.isfinite().all().item<bool>())
            throw new ArgumentException("A feature is not a finite number.", nameof(features));
        var mean = rows.mean([0]);
        var centred = rows - mean;
        Merge(rows.shape[0], mean, centred.t().mm(centred));
    }

    /// <summary>Adds what <paramref name="other"/> has gathered.</summary>
    /// <exception cref="ArgumentException">It has other dimensions.</exception>
    public void Merge(FeatureStatistics other)
    {
        if (other.Dimensions != Dimensions)
            throw new ArgumentException($"Statistics of {other.Dimensions} features do not merge with those of {Dimensions}.", nameof(other));
        if (other.Count == 0)
            return;
        using var scope = NewDisposeScope();
        Merge(other.Count, other._mean, other._scatter);
    }

    private void Merge(long count, Tensor mean, Tensor scatter)
    {
        var total = Count + count;
        var shift = mean - _mean;
        // S = S_a + S_b + δδᵀ n_a n_b / n
        _scatter.add_(scatter + shift.unsqueeze(1).mm(shift.unsqueeze(0)) * ((double)Count / total * count));
        _mean.add_(shift * ((double)count / total));
        Count = total;
    }

    public void Dispose()
    {
        _mean.Dispose();
        _scatter.Dispose();
    }
}
