namespace Ddpm.Diffusion;

/// <summary>What a <see cref="NoiseSchedule"/> is made from. The defaults are those of Ho et al. 2020.</summary>
/// <param name="Kind">How β_t depends on t.</param>
/// <param name="Timesteps">T, at least 2.</param>
/// <param name="BetaStart">β_0; 0 &lt; β_0 ≤ β_{T−1}. Ignored where the kind is one of ᾱ.</param>
/// <param name="BetaEnd">β_{T−1}, below 1. Ignored where the kind is one of ᾱ.</param>
public sealed record NoiseScheduleOptions(
    BetaScheduleKind Kind = BetaScheduleKind.Linear, int Timesteps = 1000, double BetaStart = 1e-4, double BetaEnd = 0.02);
