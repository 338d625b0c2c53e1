namespace Ddpm.Web.Charts;

/// <summary>The trend of noisy values.</summary>
public static class Smoothing
{
    /// <summary>
    /// The mean of each value and of its neighbours, as many on either side, so that the trend does not lag behind:
    /// s_k = 1/(2w+1) Σ_{|i−k| ≤ w} y_i, w at most <paramref name="reach"/> and less towards the ends.
    /// </summary>
    public static IReadOnlyList<ChartPoint> CentredMean(IReadOnlyList<ChartPoint> points, int reach)
    {
        var sums = new double[points.Count + 1];
        for (var i = 0; i < points.Count; i++)
            sums[i + 1] = sums[i] + points[i].Y;
        return [.. points.Select((point, k) =>
        {
            var w = Math.Min(reach, Math.Min(k, points.Count - 1 - k));
            return point with { Y = (sums[k + w + 1] - sums[k - w]) / (2 * w + 1) };
        })];
    }
}
