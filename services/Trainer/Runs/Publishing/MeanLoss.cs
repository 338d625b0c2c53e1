namespace Ddpm.Trainer.Runs;

/// <summary>A mean over images.</summary>
/// <param name="Mean">The mean.</param>
/// <param name="StandardError">s / √n; 0 for one image.</param>
internal readonly record struct MeanLoss(double Mean, double StandardError)
{
    /// <param name="losses">Of each image; at least one.</param>
    public static MeanLoss Of(IReadOnlyList<double> losses)
    {
        var mean = losses.Average();
        var error = losses.Count == 1 ? 0 : Math.Sqrt(losses.Sum(loss => (loss - mean) * (loss - mean)) / (losses.Count - 1) / losses.Count);
        return new MeanLoss(mean, error);
    }

    /// <summary>Of a − b, image by image: that some images are harder for both does not count.</summary>
    public static MeanLoss OfDifference(IReadOnlyList<double> a, IReadOnlyList<double> b) => Of([.. a.Zip(b, (x, y) => x - y)]);
}
