using System.Globalization;

namespace Ddpm.Web.Charts;

/// <summary>An axis: where a value lies on it, and which values are written beside it.</summary>
public sealed class ChartAxis
{
    private const double Decade = 10;

    private ChartAxis(double minimum, double maximum, bool isLogarithmic, IReadOnlyList<double> ticks)
    {
        (Minimum, Maximum, IsLogarithmic, Ticks) = (minimum, maximum, isLogarithmic, ticks);
        Spacing = ticks.Count > 1 ? ticks[1] - ticks[0] : 0;
    }

    /// <summary>Value at the beginning.</summary>
    public double Minimum { get; }

    /// <summary>Value at the end, above <see cref="Minimum"/>.</summary>
    public double Maximum { get; }

    public bool IsLogarithmic { get; }

    /// <summary>Round values between the ends, rising.</summary>
    public IReadOnlyList<double> Ticks { get; }

    private double Spacing { get; }

    /// <summary>An axis from 0, or from the least value where that is negative, to the greatest.</summary>
    /// <param name="values">Finite ones; where there are none, or only zeros, the axis ends at 1.</param>
    /// <param name="ticks">About how many values are written beside it.</param>
    public static ChartAxis Linear(IEnumerable<double> values, int ticks)
    {
        var (least, greatest) = (0.0, 0.0);
        foreach (var value in values)
            (least, greatest) = (Math.Min(least, value), Math.Max(greatest, value));
        if (least == greatest)
            greatest = 1;
        var step = RoundStep((greatest - least) / ticks);
        var first = (long)Math.Ceiling(least / step - 1e-9);
        var last = (long)Math.Floor(greatest / step + 1e-9);
        return new(least, greatest, false, [.. Enumerable.Range(0, (int)(last - first + 1)).Select(i => (first + i) * step)]);
    }

    /// <summary>A logarithmic axis around positive values, which are all in its middle where they are alike.</summary>
    /// <param name="values">Positive ones; where there are none the axis is that of 0.1 … 1.</param>
    public static ChartAxis Logarithmic(IEnumerable<double> values)
    {
        var (least, greatest) = (double.PositiveInfinity, 0.0);
        foreach (var value in values)
            (least, greatest) = (Math.Min(least, value), Math.Max(greatest, value));
        if (greatest == 0)
            (least, greatest) = (0.1, 1);
        var margin = Math.Max(1.05, Math.Pow(greatest / least, 0.04));
        (least, greatest) = (least / margin, greatest * margin);
        var decades = Math.Log10(greatest / least);
        double[] mantissas = decades switch
        {
            < 0.35 => [1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8, 8.5, 9, 9.5],
            < 0.8 => [1, 1.5, 2, 3, 4, 5, 6, 8],
            < 3 => [1, 2, 5],
            _ => [1],
        };
        var every = (int)Math.Ceiling(decades / 6);
        var ticks = from exponent in Enumerable.Range((int)Math.Floor(Math.Log10(least)), (int)Math.Ceiling(decades) + 2)
                    where exponent % every == 0
                    from mantissa in mantissas
                    let tick = double.Parse(FormattableString.Invariant($"{mantissa}e{exponent}"), CultureInfo.InvariantCulture)
                    where tick >= least && tick <= greatest
                    select tick;
        return new(least, greatest, true, [.. ticks]);
    }

    /// <summary>Where a value lies: 0 at the beginning, 1 at the end. Beyond them it is beyond them.</summary>
    public double Place(double value) => IsLogarithmic
        ? Math.Log(value / Minimum) / Math.Log(Maximum / Minimum)
        : (value - Minimum) / (Maximum - Minimum);

    /// <summary>Whether the axis has a place for a value.</summary>
    public bool Takes(double value) => double.IsFinite(value) && (!IsLogarithmic || value > 0);

    /// <summary>A tick with as many digits as tell it from its neighbours.</summary>
    public string Label(double tick)
    {
        if (tick == 0)
            return "0";
        if (Math.Abs(tick) < 1e-3 || Math.Abs(tick) >= 1e6)
            return tick.ToString("0.##e0", CultureInfo.InvariantCulture);
        var digits = IsLogarithmic || Spacing == 0 ? 6 : Math.Clamp((int)Math.Ceiling(-Math.Log10(Spacing) - 1e-9), 0, 6);
        return tick.ToString("#,0." + new string(IsLogarithmic ? '#' : '0', digits), CultureInfo.InvariantCulture).TrimEnd('.').Replace(',', '\u202f');
    }

    /// <summary>1, 2 or 5 times a power of ten, at least <paramref name="least"/>.</summary>
    private static double RoundStep(double least)
    {
        var power = Math.Pow(Decade, Math.Floor(Math.Log10(least)));
        return (least / power) switch
        {
            <= 1 => power,
            <= 2 => 2 * power,
            <= 5 => 5 * power,
            _ => Decade * power,
        };
    }
}
