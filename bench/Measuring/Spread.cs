namespace Ddpm.Bench.Measuring;

/// <summary>The middle of what was measured, and where half of it lies.</summary>
internal readonly record struct Spread(double Median, double LowerQuartile, double UpperQuartile)
{
    public static Spread Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return new Spread(Quantile(sorted, 0.5), Quantile(sorted, 0.25), Quantile(sorted, 0.75));
    }

    /// <summary>How many times faster the second is than the first, round by round.</summary>
    public static Spread OfSpeedUp(double[] baseline, double[] seconds) => Of(baseline.Zip(seconds, (b, s) => b / s));

    /// <summary>The quantile of sorted values, linear between neighbours.</summary>
    public static double Quantile(double[] sorted, double p)
    {
        var place = p * (sorted.Length - 1);
        var below = (int)place;
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
    }

    public Spread Times(double factor) => new(Median * factor, LowerQuartile * factor, UpperQuartile * factor);
}
