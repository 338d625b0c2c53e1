using System.Collections.Immutable;

namespace Ddpm.Diffusion;

/// <summary>
/// The noise levels σ = √((1−ᾱ)/ᾱ) that a solver goes through, falling, each with the timestep that the network knows it by. The last is that of the finished
/// image, for which the network is not asked.
/// </summary>
public sealed class NoiseLevels
{
    /// <param name="timesteps">The timesteps that the network is asked at, at least one.</param>
    /// <param name="sigmas">Their σ, and that of the finished image: falling, finite, all but the last above 0.</param>
    /// <exception cref="ArgumentException">They break a rule.</exception>
    public NoiseLevels(IEnumerable<double> timesteps, IEnumerable<double> sigmas)
    {
        Timesteps = [.. timesteps];
        Sigmas = [.. sigmas];
        if (Timesteps.IsEmpty || Sigmas.Length != Timesteps.Length + 1)
            throw new ArgumentException($"{Timesteps.Length} timesteps and {Sigmas.Length} noise levels; there is one level more than timesteps, which are at least one.", nameof(sigmas));
        for (var i = 1; i < Sigmas.Length; i++)
        {
            if (!(Sigmas[i] < Sigmas[i - 1] && Sigmas[i] >= 0 && double.IsFinite(Sigmas[i - 1])))
                throw new ArgumentException($"The noise level {Sigmas[i]} follows {Sigmas[i - 1]}; they fall and do not go below 0.", nameof(sigmas));
        }
    }

    /// <summary>Timesteps that the network is asked at, fractional as the case may be.</summary>
    public ImmutableArray<double> Timesteps { get; }

    /// <summary>σ at each of them, and that of the finished image.</summary>
    public ImmutableArray<double> Sigmas { get; }

    /// <summary>The levels of timesteps.</summary>
    /// <param name="schedule">The schedule that the network was trained on.</param>
    /// <param name="timesteps">Falling, within 0 … T−1.</param>
    /// <param name="finalSigma">σ of the finished image. Default: 0.</param>
    /// <exception cref="ArgumentException">They do not fall, or lie outside of the schedule.</exception>
    public static NoiseLevels Of(NoiseSchedule schedule, IReadOnlyCollection<double> timesteps, double finalSigma = 0) =>
        new(timesteps, timesteps.Select(timestep => SigmaOf(schedule.AlphaBar(timestep))).Append(finalSigma));

    /// <summary>σ_i = (σ_max^(1/ρ) + i/(n−1) (σ_min^(1/ρ) − σ_max^(1/ρ)))^ρ over the range of the schedule (Karras et al. 2022, equation 5).</summary>
    /// <param name="schedule">The schedule that the network was trained on.</param>
    /// <param name="steps">n, at least 1.</param>
    /// <param name="rho">ρ: the larger, the more levels are low. Default: 7.</param>
    /// <param name="finalSigma">σ of the finished image. Default: 0.</param>
    /// <exception cref="ArgumentException">Steps out of range.</exception>
    public static NoiseLevels Karras(NoiseSchedule schedule, int steps, double rho = 7, double finalSigma = 0)
    {
        if (steps < 1)
            throw new ArgumentException($"{steps} steps; there must be at least 1.", nameof(steps));
        var (highest, lowest) = (Math.Pow(SigmaOf(schedule.AlphaBars[^1]), 1 / rho), Math.Pow(SigmaOf(schedule.AlphaBars[0]), 1 / rho));
        double[] sigmas = [.. Enumerable.Range(0, steps).Select(i => Math.Pow(highest + (i / Math.Max(1, steps - 1.0) * (lowest - highest)), rho))];
        return new NoiseLevels(sigmas.Select(sigma => schedule.TimestepOf(AlphaBarOf(sigma))), sigmas.Append(finalSigma));
    }

    /// <summary>σ = √((1−ᾱ)/ᾱ).</summary>
    public static double SigmaOf(double alphaBar) => Math.Sqrt((1 - alphaBar) / alphaBar);

    /// <summary>ᾱ = 1/(1+σ²).</summary>
    public static double AlphaBarOf(double sigma) => 1 / (1 + (sigma * sigma));
}
