using System.Collections.Immutable;

namespace Ddpm.Diffusion;

/// <summary>A discrete noise schedule: β_t, and ᾱ_t = Π_{s≤t} (1−β_s), for t = 0 … T−1. Immutable.</summary>
/// <remarks>All in float64, whatever the tensors are in.</remarks>
public sealed class NoiseSchedule
{
    // σ_t = √((1−ᾱ_t)/ᾱ_t), rising with t.
    private readonly double[] _sigmas;

    /// <exception cref="ArgumentException">An option is out of range; the message says which and what would be right.</exception>
    public NoiseSchedule(NoiseScheduleOptions options)
    {
        Options = options;
        Betas = [.. BetaSchedules.Betas(options)];
        var alphaBars = new double[Betas.Length];
        var product = 1.0;
        for (var t = 0; t < alphaBars.Length; t++)
            alphaBars[t] = product *= 1 - Betas[t];
        AlphaBars = [.. alphaBars];
        _sigmas = [.. alphaBars.Select(alphaBar => Math.Sqrt((1 - alphaBar) / alphaBar))];
    }

    /// <summary>What it was made from.</summary>
    public NoiseScheduleOptions Options { get; }

    /// <summary>T.</summary>
    public int Timesteps => Betas.Length;

    /// <summary>β_t, t = 0 … T−1.</summary>
    public ImmutableArray<double> Betas { get; }

    /// <summary>ᾱ_t, t = 0 … T−1; falling.</summary>
    public ImmutableArray<double> AlphaBars { get; }

    /// <summary>ᾱ_t, with √ᾱ_t moved and stretched so that it ends at 0 and begins where it did: then x_T holds nothing of the image (Lin et al. 2023, algorithm 1).</summary>
    public ImmutableArray<double> AlphaBarsOfZeroTerminalSnr()
    {
        var (first, last) = (Math.Sqrt(AlphaBars[0]), Math.Sqrt(AlphaBars[^1]));
        return [.. AlphaBars.Select(alphaBar => Math.Pow((Math.Sqrt(alphaBar) - last) * (first / (first - last)), 2))];
    }

    /// <summary>ᾱ at a timestep that may be fractional: between whole timesteps σ = √((1−ᾱ)/ᾱ) is linear.</summary>
    /// <param name="timestep">0 … T−1.</param>
    /// <exception cref="ArgumentOutOfRangeException">Outside of 0 … T−1, or NaN.</exception>
    public double AlphaBar(double timestep)
    {
        if (!(timestep >= 0 && timestep <= Timesteps - 1))
            throw new ArgumentOutOfRangeException(nameof(timestep), timestep, $"a timestep lies within 0 … {Timesteps - 1}");
        var below = (int)timestep;
        var fraction = timestep - below;
        if (fraction == 0)
            return AlphaBars[below];
        var sigma = _sigmas[below] + (fraction * (_sigmas[below + 1] - _sigmas[below]));
        return 1 / (1 + (sigma * sigma));
    }

    /// <summary>The timestep, fractional as a rule, at which ᾱ has this value: the inverse of <see cref="AlphaBar"/>.</summary>
    /// <param name="alphaBar">0 &lt; ᾱ ≤ 1. What lies beyond ᾱ_0 or ᾱ_{T−1} is answered with 0 or T−1.</param>
    /// <exception cref="ArgumentOutOfRangeException">Not within 0 … 1, or NaN.</exception>
    public double TimestepOf(double alphaBar)
    {
        if (!(alphaBar > 0 && alphaBar <= 1))
            throw new ArgumentOutOfRangeException(nameof(alphaBar), alphaBar, "ᾱ lies above 0 and does not exceed 1");
        var sigma = Math.Sqrt((1 - alphaBar) / alphaBar);
        if (sigma <= _sigmas[0])
            return 0;
        if (sigma >= _sigmas[^1])
            return Timesteps - 1;
        var found = Array.BinarySearch(_sigmas, sigma);
        if (found >= 0)
            return found;
        var above = ~found;
        return above - 1 + ((sigma - _sigmas[above - 1]) / (_sigmas[above] - _sigmas[above - 1]));
    }
}
