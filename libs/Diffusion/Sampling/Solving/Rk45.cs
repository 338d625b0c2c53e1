using System.Numerics;

namespace Ddpm.Diffusion;

/// <summary>
/// Dormand and Prince's pair with error control, as scipy's <c>RK45</c> has it with equal relative and absolute tolerances. A step with error e, the root
/// mean square over tolerance and tolerance times |x|, is taken where e &lt; 1, and the next one is 0.9 e^(−1/5) times as long, within 0.2 … 10.
/// </summary>
/// <param name="slope">dx/dt at a time.</param>
/// <param name="tolerance">Above 0.</param>
internal sealed class Rk45<T>(Func<double, T[], ValueTask<T[]>> slope, double tolerance)
    where T : struct, IFloatingPointIeee754<T>
{
    /// <summary>Solves from one time to another, in either direction.</summary>
    /// <param name="from">Where x is.</param>
    /// <param name="to">Where to end.</param>
    /// <param name="x">x at <paramref name="from"/>.</param>
    /// <returns>x at the end.</returns>
    /// <exception cref="StepTooSmallException">No step is small enough.</exception>
    public async ValueTask<T[]> SolveAsync(double from, double to, T[] x)
    {
        var slopeAtX = await slope(from, x).ConfigureAwait(false);
        var size = await FirstSizeAsync(from, to, x, slopeAtX).ConfigureAwait(false);
        return (await SolveAsync(from, to, x, slopeAtX, size).ConfigureAwait(false)).X;
    }

    /// <summary>A first step by the sizes of x, dx/dt and its change (Hairer, Nørsett and Wanner 1993, section II.4).</summary>
    /// <param name="from">Where the solution begins.</param>
    /// <param name="to">Where it ends, at last.</param>
    /// <param name="x">x there.</param>
    /// <param name="slopeAtX">dx/dt there.</param>
    public async ValueTask<double> FirstSizeAsync(double from, double to, T[] x, T[] slopeAtX)
    {
        var (d0, d1) = (RootMeanSquare(x, x, x), RootMeanSquare(slopeAtX, x, x));
        var h0 = Math.Min(Math.Abs(to - from), d0 < 1e-5 || d1 < 1e-5 ? 1e-6 : 0.01 * d0 / d1);
        var step = Math.CopySign(h0, to - from);
        var there = await slope(from + step, LinearCombination.Of((1, x), (step, slopeAtX))).ConfigureAwait(false);
        var d2 = RootMeanSquare(LinearCombination.Of((1, there), (-1, slopeAtX)), x, x) / h0;
        var h1 = d1 <= 1e-15 && d2 <= 1e-15 ? Math.Max(1e-6, h0 * 1e-3) : Math.Pow(0.01 / Math.Max(d1, d2), 0.2);
        return Math.Min(100 * h0, h1);
    }

    /// <summary>The same from where an earlier solution ended, or as the first part of a longer one.</summary>
    /// <param name="from">Where x is.</param>
    /// <param name="to">Where to end.</param>
    /// <param name="x">x at <paramref name="from"/>.</param>
    /// <param name="slopeAtX">dx/dt there.</param>
    /// <param name="size">Of the first step, above 0.</param>
    /// <returns>x and dx/dt at the end, and the size of the next step.</returns>
    /// <exception cref="StepTooSmallException">No step is small enough.</exception>
    public async ValueTask<(T[] X, T[] Slope, double Size)> SolveAsync(double from, double to, T[] x, T[] slopeAtX, double size)
    {
        var (time, rejected) = (from, false);
        while (time != to)
        {
            if (size <= 10 * (Math.BitIncrement(time) - time))
                throw new StepTooSmallException(time);
            var end = to > from ? Math.Min(to, time + size) : Math.Max(to, time - size);
            var (next, nextSlope, error) = await DormandPrince.StepAsync(slope, time, end - time, x, slopeAtX).ConfigureAwait(false);
            var relative = RootMeanSquare(error, x, next);
            var (taken, factor) = (Math.Abs(end - time), Math.Clamp(0.9 * Math.Pow(relative, -0.2), 0.2, 10));
            if (relative < 1)
            {
                var grown = taken * (rejected ? Math.Min(1, factor) : factor);
                // Where the end cut the step short, its size stands for the next one too.
                size = end == to ? Math.Max(size, grown) : grown;
                (time, x, slopeAtX, rejected) = (end, next, nextSlope, false);
            }
            else
            {
                (size, rejected) = (taken * factor, true);
            }
        }

        return (x, slopeAtX, size);
    }

    /// <summary>Of values over what is allowed: the tolerance, and as much of the larger of |x| and |y|.</summary>
    private double RootMeanSquare(T[] values, T[] x, T[] y)
    {
        var sum = 0.0;
        for (var i = 0; i < values.Length; i++)
        {
            var scale = tolerance * (1 + Math.Max(Math.Abs(double.CreateTruncating(x[i])), Math.Abs(double.CreateTruncating(y[i]))));
            sum += Math.Pow(double.CreateTruncating(values[i]) / scale, 2);
        }

        return Math.Sqrt(sum / values.Length);
    }
}
