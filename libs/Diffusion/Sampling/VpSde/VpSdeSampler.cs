using System.Numerics;

namespace Ddpm.Diffusion;

/// <summary>
/// The reverse-time variance-preserving SDE (Song et al. 2021, equation 6 with 32), solved by a predictor, with a corrector before each of its steps
/// (there, algorithms 1, 3 and 5; the predictors and correctors of score_sde).
/// </summary>
/// <remarks>
/// Euler and Maruyama: x ← x + (½ β(t) x + β(t) s(x, t)) Δ + √(β(t) Δ) z with the score s = −ε/√(1−ᾱ(t)), Δ = 1/N, and N times t evenly from 1 to the end
/// time. Reverse diffusion: x ← (2 − √(1−β_i)) x + β_i s + √β_i z. Ancestral: x ← (x + β_i s)/√(1−β_i) + √β_i z. Langevin: x ← x + δ s + √(2δ) z.
/// The network is asked for ε at label (T−1) t when its schedule is this SDE in T steps, which is score_sde's convention; at the fractional timestep
/// of the same ᾱ otherwise.
/// </remarks>
public sealed class VpSdeSampler<T> : SdeSampler<T>
    where T : struct, IFloatingPointIeee754<T>
{
    private readonly VpSdeOptions _options;

    /// <param name="schedule">The schedule that the network was trained on.</param>
    /// <param name="steps">N, at least 1.</param>
    /// <param name="options">See there for the defaults.</param>
    /// <exception cref="ArgumentException">Steps or an option out of range.</exception>
    public VpSdeSampler(NoiseSchedule schedule, int steps, VpSdeOptions options)
        : base(schedule, steps, VpSde.Of(options.BetaMin, options.BetaMax), options.EndTime)
    {
        if (options.Corrector == VpSdeCorrector.None && options.Predictor == VpSdePredictor.None)
            throw new ArgumentException("There is neither a predictor nor a corrector.", nameof(options));
        if (!(options.SignalToNoise > 0 && options.CorrectorSteps >= 1))
        {
            throw new ArgumentException(
                $"The corrector has a signal-to-noise ratio of {options.SignalToNoise} and {options.CorrectorSteps} steps; there must be more than 0 and at least 1.", nameof(options));
        }

        if ((options.Predictor != VpSdePredictor.EulerMaruyama || options.Corrector != VpSdeCorrector.None) && steps < options.LeastDiscreteSteps)
            throw new ArgumentException($"{steps} steps; this predictor or corrector needs {options.LeastDiscreteSteps}, so that β(1)/N is below 1.", nameof(steps));
        _options = options;
    }

    /// <inheritdoc/>
    public override double TimestepAt(int step) =>
        _options.Discrete && step < Steps ? TimeAt(step) * (Schedule.Timesteps - 1) : base.TimestepAt(step);

    /// <inheritdoc/>
    protected override async ValueTask<SamplerState<T>> MoveAsync(
        SamplerState<T> state, EpsilonModel<T> epsilon, INoiseSource noise, CancellationToken cancellationToken)
    {
        var (x, asked, predictedNoise) = (state.X, state.X, Array.Empty<T>());
        var evaluations = 0;
        for (var k = 0; k < (_options.Corrector == VpSdeCorrector.None ? 0 : _options.CorrectorSteps); k++)
        {
            await AskAsync().ConfigureAwait(false);
            x = Correct(state.Step, x, predictedNoise, CorrectorNoise(state, k, noise));
        }

        if (_options.Predictor != VpSdePredictor.None)
        {
            await AskAsync().ConfigureAwait(false);
            x = Predict(state, x, predictedNoise, noise);
        }

        return state with
        {
            Step = state.Step + 1,
            X = x,
            Denoised = ForwardProcess.Denoised<T>(asked, predictedNoise, NetworkAlphaBar(state.Step)),
            Evaluations = state.Evaluations + evaluations,
        };

        async ValueTask AskAsync()
        {
            (asked, evaluations) = (x, evaluations + 1);
            predictedNoise = await EvaluateAsync(epsilon, x, TimestepAt(state.Step), state.Step, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>x ← x + s δ + √(2δ) z.</summary>
    private T[] Correct(int step, T[] x, T[] predictedNoise, T[] z)
    {
        var deviation = Math.Sqrt(1 - NetworkAlphaBar(step));
        // ‖s‖ = ‖ε‖/√(1−ᾱ).
        var ratio = _options.Corrector == VpSdeCorrector.Langevin ? MeanNorm(z) / MeanNorm(predictedNoise) * deviation : deviation;
        var delta = Math.Pow(_options.SignalToNoise * ratio, 2) * 2 * (1 - StepBeta(step));
        return LinearCombination.Of((1, x), (-delta / deviation, predictedNoise), (Math.Sqrt(2 * delta), z));
    }

    /// <summary>x ← mean + σ z, with the score s = −ε/√(1−ᾱ).</summary>
    private T[] Predict(SamplerState<T> state, T[] x, T[] predictedNoise, INoiseSource noise)
    {
        var beta = StepBeta(state.Step);
        var variance = Sde.Beta(TimeAt(state.Step)) / Steps;
        var (noisyFactor, scoreFactor, sigma) = _options.Predictor switch
        {
            VpSdePredictor.EulerMaruyama => (1 + (0.5 * variance), variance, Math.Sqrt(variance)),
            VpSdePredictor.ReverseDiffusion => (2 - Math.Sqrt(1 - beta), beta, Math.Sqrt(beta)),
            _ => (1 / Math.Sqrt(1 - beta), beta / Math.Sqrt(1 - beta), Math.Sqrt(beta)),
        };
        var mean = LinearCombination.Of((noisyFactor, x), (-scoreFactor / Math.Sqrt(1 - NetworkAlphaBar(state.Step)), predictedNoise));
        return state.Step < Steps - 1 || !_options.Denoise ? LinearCombination.Of((1, mean), (sigma, StepNoise(state, noise))) : mean;
    }

    /// <summary>β of the forward process in N steps, evenly from β(0)/N to β(1)/N, at ⌊(N−1) t⌋.</summary>
    private double StepBeta(int step)
    {
        var place = Steps == 1 ? 1 : Math.Floor(TimeAt(step) * (Steps - 1)) / (Steps - 1);
        return Sde.Beta(place) / Steps;
    }

    /// <summary>ᾱ that the network's answer is taken for.</summary>
    private double NetworkAlphaBar(int step) => _options.Discrete ? Schedule.AlphaBars[(int)TimestepAt(step)] : AlphaBarAt(step);

    /// <summary>‖·‖, of several images the mean.</summary>
    private double MeanNorm(T[] values)
    {
        var length = values.Length / _options.ImagesInState;
        return Enumerable.Range(0, _options.ImagesInState)
            .Average(image => Math.Sqrt(values.AsSpan(image * length, length).ToArray().Sum(value => Math.Pow(double.CreateTruncating(value), 2))));
    }

    private T[] CorrectorNoise(SamplerState<T> state, int k, INoiseSource noise)
    {
        var values = new T[state.X.Length];
        noise.Fill<T>(values, (state.Step * _options.CorrectorSteps) + k, NoiseUse.Corrector);
        return values;
    }
}
