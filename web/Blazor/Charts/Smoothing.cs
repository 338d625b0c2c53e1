namespace Ddpm.Web.Charts;

/// <summary>The trend of noisy values.</summary>
public static class Smoothing
{
    /// <summary>
    /// The mean of each value and of its neighbours on either side, so that the trend does not lag behind:
    /// s_k = mean of y_i over |i−k| ≤ w, w = min(<paramref name="reach"/>, k): less at the beginning, where values change fastest; at the end,
    /// as far as there are values.
    /// </summary>
    public static IReadOnlyList<ChartPoint> CentredMean(IReadOnlyList<ChartPoint> points, int reach)
    {
        var sums = new double[points.Count + 1];
        for (var i = 0; i < points.Count; i++)
            sums[i + 1] = sums[i] + points[i].Y;
        return [.. points.Select((point, k) =>
        {
            var w = Math.Min(reach, k);
            var (first, end) = (k - w, Math.Min(points.Count, k + w + 1));
            return point with { Y = (sums[end] - sums[first]) / (end - first) };
        })];
    }
}
