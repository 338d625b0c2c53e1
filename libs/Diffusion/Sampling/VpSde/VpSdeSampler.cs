using System.Numerics;

namespace Ddpm.Diffusion;

/// <summary>
/// The reverse-time variance-preserving SDE, solved by Euler and Maruyama (Song et al. 2021, equation 6 with 32; predictor
/// <c>euler_maruyama</c> of score_sde).
/// </summary>
/// <remarks>
/// x ← x + (½ β(t) x + β(t) s(x, t)) Δ + √(β(t) Δ) z with the score s = −ε/√(1−ᾱ(t)), Δ = 1/N, and N times t evenly from 1 to the end time.
/// The network is asked for ε at label (T−1) t when its schedule is this SDE in T steps, which is score_sde's convention; at the fractional timestep
/// of the same ᾱ otherwise.
/// </remarks>
public sealed class VpSdeSampler<T> : Sampler<T>
    where T : struct, IFloatingPointIeee754<T>
{
    private readonly NoiseSchedule _schedule;
    private readonly VpSdeOptions _options;
    private readonly VpSde _sde;
    private readonly bool _isLimitOfSchedule;

    /// <param name="schedule">The schedule that the network was trained on.</param>
    /// <param name="steps">N, at least 1.</param>
    /// <param name="options">See there for the defaults.</param>
    /// <exception cref="ArgumentException">Steps or an option out of range.</exception>
    public VpSdeSampler(NoiseSchedule schedule, int steps, VpSdeOptions options)
    {
        if (steps < 1)
            throw new ArgumentException($"{steps} steps; there must be at least 1.", nameof(steps));
        if (!(options.BetaMin > 0 && options.BetaMin <= options.BetaMax && double.IsFinite(options.BetaMax)))
            throw new ArgumentException($"β(t) from {options.BetaMin} to {options.BetaMax}; it must hold 0 < β(0) ≤ β(1).", nameof(options));
        if (!(options.EndTime > 0 && options.EndTime < 1))
            throw new ArgumentException($"The end time is {options.EndTime}; it lies between 0 and 1.", nameof(options));
        Steps = steps;
        _schedule = schedule;
        _options = options;
        _sde = new VpSde(options.BetaMin, options.BetaMax);
        _isLimitOfSchedule = _sde.IsLimitOf(schedule);
    }

    /// <inheritdoc/>
    public override int Steps { get; }

    /// <inheritdoc/>
    public override double TimestepAt(int step)
    {
        if (step == Steps)
            return 0;
        var time = TimeAt(step);
        return _isLimitOfSchedule ? time * (_schedule.Timesteps - 1) : _schedule.TimestepOf(_sde.AlphaBar(time));
    }

    /// <inheritdoc/>
    public override double AlphaBarAt(int step) => step == Steps ? 1 : _sde.AlphaBar(TimeAt(step));

    /// <inheritdoc/>
    protected override async ValueTask<SamplerState<T>> MoveAsync(
        SamplerState<T> state, EpsilonModel<T> epsilon, INoiseSource noise, CancellationToken cancellationToken)
    {
        var predictedNoise = await EvaluateAsync(epsilon, state.X, TimestepAt(state.Step), state.Step, cancellationToken).ConfigureAwait(false);
        return state with
        {
            Step = state.Step + 1,
            X = Move(state, predictedNoise, noise),
            Denoised = ForwardProcess.Denoised<T>(state.X, predictedNoise, AlphaBarAt(state.Step)),
            Evaluations = state.Evaluations + 1,
        };
    }

    private T[] Move(SamplerState<T> state, T[] predictedNoise, INoiseSource noise)
    {
        var variance = _sde.Beta(TimeAt(state.Step)) / Steps;
        var noisyFactor = T.CreateTruncating(1 + (0.5 * variance));
        var noiseFactor = T.CreateTruncating(-variance / Math.Sqrt(1 - AlphaBarAt(state.Step)));
        var x = new T[state.X.Length];
        for (var i = 0; i < x.Length; i++)
            x[i] = (noisyFactor * state.X[i]) + (noiseFactor * predictedNoise[i]);

        if (state.Step < Steps - 1 || !_options.Denoise)
        {
            var sigma = T.CreateTruncating(Math.Sqrt(variance));
            var z = StepNoise(state, noise);
            for (var i = 0; i < x.Length; i++)
                x[i] += sigma * z[i];
        }

        return x;
    }

    private double TimeAt(int step) => Steps == 1 ? 1 : 1 + (step * (_options.EndTime - 1) / (Steps - 1));
}
