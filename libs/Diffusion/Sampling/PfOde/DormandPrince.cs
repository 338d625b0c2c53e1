using System.Numerics;

namespace Ddpm.Diffusion;

/// <summary>A step of Dormand and Prince's Runge–Kutta pair of orders 5 and 4 (Dormand and Prince 1980; Hairer, Nørsett and Wanner 1993, table 5.2).</summary>
internal static class DormandPrince
{
    private static readonly double[] Times = [0, 1 / 5.0, 3 / 10.0, 4 / 5.0, 8 / 9.0, 1];

    private static readonly double[][] Stages =
    [
        [],
        [1 / 5.0],
        [3 / 40.0, 9 / 40.0],
        [44 / 45.0, -56 / 15.0, 32 / 9.0],
        [19372 / 6561.0, -25360 / 2187.0, 64448 / 6561.0, -212 / 729.0],
        [9017 / 3168.0, -355 / 33.0, 46732 / 5247.0, 49 / 176.0, -5103 / 18656.0],
    ];

    private static readonly double[] Solution = [35 / 384.0, 0, 500 / 1113.0, 125 / 192.0, -2187 / 6784.0, 11 / 84.0];

    private static readonly double[] Error = [-71 / 57600.0, 0, 71 / 16695.0, -71 / 1920.0, 17253 / 339200.0, -22 / 525.0, 1 / 40.0];

    /// <summary>Moves by h, with six evaluations: the slope at the end is that at the beginning of the next step.</summary>
    /// <param name="slope">dx/dt at a time.</param>
    /// <param name="time">t.</param>
    /// <param name="h">May be below 0.</param>
    /// <param name="x">x(t).</param>
    /// <param name="slopeAtX">dx/dt at t.</param>
    /// <returns>x(t+h) to order 5, dx/dt there, and how far order 4 is from it.</returns>
    public static async ValueTask<(T[] X, T[] Slope, T[] Error)> StepAsync<T>(
        Func<double, T[], ValueTask<T[]>> slope, double time, double h, T[] x, T[] slopeAtX)
        where T : struct, IFloatingPointIeee754<T>
    {
        List<T[]> slopes = [slopeAtX];
        for (var stage = 1; stage < Stages.Length; stage++)
            slopes.Add(await slope(time + (Times[stage] * h), Along(x, h, Stages[stage], slopes)).ConfigureAwait(false));
        var next = Along(x, h, Solution, slopes);
        slopes.Add(await slope(time + h, next).ConfigureAwait(false));
        return (next, slopes[^1], LinearCombination.Of([.. Error.Select(factor => h * factor).Zip(slopes)]));
    }

    private static T[] Along<T>(T[] x, double h, double[] factors, List<T[]> slopes)
        where T : struct, IFloatingPointIeee754<T> =>
        LinearCombination.Of([(1, x), .. factors.Select(factor => h * factor).Zip(slopes)]);
}
