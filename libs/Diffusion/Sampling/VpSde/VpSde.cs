using System.Numerics;

namespace Ddpm.Diffusion;

/// <summary>
/// The variance-preserving SDE dx = −½ β(t) x dt + √β(t) dw, with β(t) linear from β(0) to β(1), for times t in 0 … 1
/// (Song et al. 2021, equation 32).
/// </summary>
/// <param name="BetaMin">β(0).</param>
/// <param name="BetaMax">β(1).</param>
internal readonly record struct VpSde(double BetaMin, double BetaMax)
{
    /// <summary>The SDE of two options.</summary>
    /// <exception cref="ArgumentException">They break 0 &lt; β(0) ≤ β(1).</exception>
    public static VpSde Of(double betaMin, double betaMax) => betaMin > 0 && betaMin <= betaMax && double.IsFinite(betaMax)
        ? new VpSde(betaMin, betaMax)
        : throw new ArgumentException($"β(t) from {betaMin} to {betaMax}; it must hold 0 < β(0) ≤ β(1).");

    /// <summary>β(t).</summary>
    public double Beta(double time) => BetaMin + (time * (BetaMax - BetaMin));

    /// <summary>ᾱ(t) = exp(−∫₀ᵗ β) (Song et al. 2021, equation 33).</summary>
    public double AlphaBar(double time) => Math.Exp(-((0.5 * time * time * (BetaMax - BetaMin)) + (time * BetaMin)));

    /// <summary>The time at which ᾱ has this value: the inverse of <see cref="AlphaBar"/>, the positive root of a square.</summary>
    public double TimeOf(double alphaBar)
    {
        var (growth, lost) = (BetaMax - BetaMin, -Math.Log(alphaBar));
        // Of the two forms of the root the one that does not cancel.
        return 2 * lost / (BetaMin + Math.Sqrt((BetaMin * BetaMin) + (2 * growth * lost)));
    }

    /// <summary>The probability-flow ODE, dx/dt = −½ β(t) (x + s) with the score s = −ε/√(1−ᾱ(t)) (Song et al. 2021, equation 13 with 32).</summary>
    public T[] Flow<T>(double time, T[] x, T[] noise)
        where T : struct, IFloatingPointIeee754<T>
    {
        var half = 0.5 * Beta(time);
        return LinearCombination.Of((-half, x), (half / Math.Sqrt(1 - AlphaBar(time)), noise));
    }

    /// <summary>
    /// The timestep that a network knows a time by: (T−1) t when its schedule is this SDE in T steps, which is score_sde's convention; the fractional one
    /// of the same ᾱ otherwise.
    /// </summary>
    public double TimestepAt(double time, NoiseSchedule schedule) =>
        IsLimitOf(schedule) ? time * (schedule.Timesteps - 1) : schedule.TimestepOf(AlphaBar(time));

    /// <summary>
    /// Whether <paramref name="schedule"/> is this SDE in T steps, β_t = β(t)/T, as that of Ho et al. 2020 is for β from 0.1 to 20.
    /// </summary>
    public bool IsLimitOf(NoiseSchedule schedule)
    {
        var (kind, timesteps, betaStart, betaEnd) = schedule.Options;
        return kind == BetaScheduleKind.Linear && IsNear(betaStart * timesteps, BetaMin) && IsNear(betaEnd * timesteps, BetaMax);

        static bool IsNear(double a, double b) => Math.Abs(a - b) <= 1e-9 * b;
    }
}
