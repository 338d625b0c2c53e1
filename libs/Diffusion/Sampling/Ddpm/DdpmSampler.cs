using System.Numerics;

namespace Ddpm.Diffusion;

/// <summary>Ancestral sampling (Ho et al. 2020, algorithm 2), on all timesteps or on some of them.</summary>
/// <remarks>
/// x_s = μ̃(x_t, x̂_0) + σ z, with x̂_0 from ε (equation 15) and μ̃ the mean of the posterior q(x_s | x_t, x̂_0) (equation 7). Without clipping this
/// is algorithm 2, line 4, and s is the timestep that is visited next. A learned variance is log σ² = v log β + (1−v) log β̃, each pixel with a v of its own
/// (Nichol and Dhariwal 2021, equation 15, and section 4 for some of the timesteps).
/// </remarks>
public sealed class DdpmSampler<T> : DiscreteSampler<T>
    where T : struct, IFloatingPointIeee754<T>
{
    private const double LeastVariance = 1e-20;

    private readonly DdpmOptions _options;

    /// <param name="schedule">The schedule that the network was trained on.</param>
    /// <param name="steps">1 … T.</param>
    /// <param name="options">See there for the defaults.</param>
    /// <exception cref="ArgumentException">Steps or an option out of range.</exception>
    public DdpmSampler(NoiseSchedule schedule, int steps, DdpmOptions options)
        : base(schedule, TimestepSelection.Select(options.Spacing, schedule.Timesteps, steps))
    {
        if (!(options.Interpolation >= 0 && options.Interpolation <= 1))
            throw new ArgumentException($"v is {options.Interpolation}; it lies within 0 … 1.", nameof(options));
        _options = options;
    }

    /// <inheritdoc/>
    public override bool NeedsVariance => _options.Variance == DdpmVariance.Learned;

    private protected override (T[] X, T[] Denoised) Move(SamplerState<T> state, T[] predictedNoise, T[]? variance, INoiseSource noise)
    {
        var denoised = ForwardProcess.Denoised<T>(state.X, predictedNoise, AlphaBarAt(state.Step));
        _options.Thresholding?.Apply<T>(denoised);

        var posterior = Posterior.Between(AlphaBarAt(state.Step), AlphaBarAt(state.Step + 1));
        var (cleanFactor, noisyFactor) = (T.CreateTruncating(posterior.CleanFactor), T.CreateTruncating(posterior.NoisyFactor));
        var x = new T[denoised.Length];
        for (var i = 0; i < x.Length; i++)
            x[i] = (cleanFactor * denoised[i]) + (noisyFactor * state.X[i]);

        if (state.Step < Steps - 1 || (_options.NoiseInLastStep && TimestepAt(state.Step) > 0))
        {
            var z = StepNoise(state, noise);
            if (NeedsVariance)
                ScaleByLearned(z, variance ?? throw new InvalidOperationException("The model answers no variance, which this sampler needs."), posterior);
            else
                ScaleBy(z, Math.Sqrt(Variance(posterior)));
            for (var i = 0; i < x.Length; i++)
                x[i] += z[i];
        }

        return (x, denoised);
    }

    private static void ScaleByLearned(T[] z, T[] variance, Posterior posterior)
    {
        // β̃ is 0 where the step ends at a clean image; diffusers' least variance stands for it.
        var logSmall = T.CreateTruncating(Math.Log(Math.Max(posterior.Variance, LeastVariance)));
        var logLarge = T.CreateTruncating(Math.Log(posterior.Beta));
        var half = T.CreateTruncating(0.5);
        for (var i = 0; i < z.Length; i++)
            z[i] *= T.Exp(half * ((variance[i] * logLarge) + ((T.One - variance[i]) * logSmall)));
    }

    private static void ScaleBy(T[] z, double factor)
    {
        var sigma = T.CreateTruncating(factor);
        for (var i = 0; i < z.Length; i++)
            z[i] *= sigma;
    }

    private double Variance(Posterior posterior) => _options.Variance switch
    {
        DdpmVariance.FixedSmall => posterior.Variance,
        DdpmVariance.FixedLarge => posterior.Beta,
        _ => Math.Pow(posterior.Beta, _options.Interpolation) * Math.Pow(posterior.Variance, 1 - _options.Interpolation),
    };
}
