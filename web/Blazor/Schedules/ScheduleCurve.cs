using Ddpm.Diffusion;

namespace Ddpm.Web.Schedules;

/// <summary>A noise schedule to look at.</summary>
/// <param name="Name">For people.</param>
/// <param name="Source">Paper.</param>
/// <param name="AlphaBars">ᾱ_t, t = 0 … T−1.</param>
public sealed record ScheduleCurve(string Name, string Source, IReadOnlyList<double> AlphaBars)
{
    /// <summary>T of all of them.</summary>
    public const int Timesteps = 1000;

    /// <summary>Those that the field uses, at 1000 timesteps.</summary>
    public static IReadOnlyList<ScheduleCurve> All { get; } =
    [
        new("Linear β", "Ho et al. 2020", Of(BetaScheduleKind.Linear)),
        new("Linear √β", "Rombach et al. 2022", Of(BetaScheduleKind.ScaledLinear, 0.00085, 0.012)),
        new("Cosine ᾱ", "Nichol and Dhariwal 2021", Of(BetaScheduleKind.Cosine)),
        new("Sigmoid β", "Xu et al. 2022", Of(BetaScheduleKind.Sigmoid)),
        new("Sigmoid ᾱ", "Chen 2023", Of(BetaScheduleKind.AlphaBarSigmoid)),
        new("Linear √β, no signal at the end", "Lin et al. 2023", new NoiseSchedule(new NoiseScheduleOptions(BetaScheduleKind.ScaledLinear, Timesteps, 0.00085, 0.012)).AlphaBarsOfZeroTerminalSnr()),
    ];

    /// <summary>β_t = 1 − ᾱ_t/ᾱ_{t−1}.</summary>
    public double Beta(int t) => 1 - (AlphaBars[t] / (t == 0 ? 1 : AlphaBars[t - 1]));

    /// <summary>ᾱ_t/(1−ᾱ_t).</summary>
    public double SignalToNoise(int t) => AlphaBars[t] / (1 - AlphaBars[t]);

    private static IReadOnlyList<double> Of(BetaScheduleKind kind, double betaStart = 1e-4, double betaEnd = 0.02) =>
        new NoiseSchedule(new NoiseScheduleOptions(kind, Timesteps, betaStart, betaEnd)).AlphaBars;
}
