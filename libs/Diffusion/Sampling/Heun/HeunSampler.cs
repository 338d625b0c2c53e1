using System.Numerics;

namespace Ddpm.Diffusion;

/// <summary>Heun's method for the probability-flow ODE in σ, with churn (Karras et al. 2022, algorithm 2).</summary>
/// <remarks>
/// In y = x/α: with γ = min(S_churn/N, √2 − 1), ŷ = y + √(σ̂² − σ²) S_noise z at σ̂ = (1+γ) σ; then y′ = ŷ + (σ_t − σ̂) ε, and unless σ_t = 0 once more with the mean
/// of ε at both ends. Two evaluations a step but for the last.
/// </remarks>
public sealed class HeunSampler<T> : Solver<T>
    where T : struct, IFloatingPointIeee754<T>
{
    private readonly NoiseSchedule _schedule;
    private readonly HeunOptions _options;

    /// <param name="schedule">The schedule that the network was trained on.</param>
    /// <param name="levels">The noise levels to visit.</param>
    /// <param name="options">See there for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public HeunSampler(NoiseSchedule schedule, NoiseLevels levels, HeunOptions options)
        : base(levels, options.Thresholding)
    {
        if (!(options.Churn >= 0 && options.ChurnNoise >= 0))
            throw new ArgumentException($"S_churn is {options.Churn} and S_noise {options.ChurnNoise}; neither is below 0.", nameof(options));
        _schedule = schedule;
        _options = options;
    }

    /// <inheritdoc/>
    protected override async ValueTask<SamplerState<T>> MoveAsync(
        SamplerState<T> state, EpsilonModel<T> epsilon, INoiseSource noise, CancellationToken cancellationToken)
    {
        var s = state.Step;
        var (from, to, alpha) = (Churned(Levels.Sigmas[s]), Levels.Sigmas[s + 1], Alpha(s + 1));
        var x = AddChurn(state, from, noise);
        var timestep = from == Levels.Sigmas[s] ? TimestepAt(s) : _schedule.TimestepOf(NoiseLevels.AlphaBarOf(from));
        var (denoised, slope) = await PredictAsync(epsilon, x, timestep, NoiseLevels.AlphaBarOf(from), s, cancellationToken).ConfigureAwait(false);
        var euler = LinearCombination.Of((alpha, denoised), (alpha * to, slope));
        // The network is not asked about a clean image, nor about the one that the levels end with.
        if (s == Steps - 1)
            return Next(state, euler, denoised);

        var (_, slopeThere) = await PredictAsync(epsilon, euler, s + 1, cancellationToken).ConfigureAwait(false);
        var half = 0.5 * (to - from) * alpha;
        return Next(state, LinearCombination.Of((alpha / Math.Sqrt(NoiseLevels.AlphaBarOf(from)), x), (half, slope), (half, slopeThere)), denoised, evaluations: 2);
    }

    private double Churned(double sigma) => sigma >= _options.ChurnFrom && sigma <= _options.ChurnTo
        ? sigma * (1 + Math.Min(_options.Churn / Steps, Math.Sqrt(2) - 1))
        : sigma;

    private T[] AddChurn(SamplerState<T> state, double churned, INoiseSource noise)
    {
        var sigma = Levels.Sigmas[state.Step];
        if (churned == sigma)
            return state.X;
        var alpha = Math.Sqrt(NoiseLevels.AlphaBarOf(churned));
        var added = _options.ChurnNoise * Math.Sqrt((churned * churned) - (sigma * sigma));
        return LinearCombination.Of((alpha / Alpha(state.Step), state.X), (alpha * added, StepNoise(state, noise)));
    }
}
