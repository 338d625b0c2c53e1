using System.Numerics;

namespace Ddpm.Diffusion;

/// <summary>Denoising diffusion implicit models (Song, Meng and Ermon 2020, equations 12 and 16).</summary>
/// <remarks>
/// x_s = √ᾱ_s x̂_0 + √(1−ᾱ_s−σ²) ε + σ z, with σ = η √((1−ᾱ_s)/(1−ᾱ_t)) √(1−ᾱ_t/ᾱ_s), where s is the timestep that is visited next.
/// η = 0 is deterministic; η = 1 on all timesteps is DDPM with the posterior's variance.
/// </remarks>
public sealed class DdimSampler<T> : DiscreteSampler<T>
    where T : struct, IFloatingPointIeee754<T>
{
    private readonly DdimOptions _options;

    /// <param name="schedule">The schedule that the network was trained on.</param>
    /// <param name="steps">1 … T.</param>
    /// <param name="options">See there for the defaults.</param>
    /// <exception cref="ArgumentException">Steps or an option out of range.</exception>
    public DdimSampler(NoiseSchedule schedule, int steps, DdimOptions options)
        : base(schedule, TimestepSelection.Select(options.Spacing, schedule.Timesteps, steps, options.StepsOffset))
    {
        if (!(options.Eta >= 0 && options.Eta <= 1))
            throw new ArgumentException($"η is {options.Eta}; it lies within 0 … 1.", nameof(options));
        _options = options;
    }

    /// <inheritdoc/>
    public override double AlphaBarAt(int step) =>
        step == Steps && !_options.SetAlphaToOne ? Schedule.AlphaBars[0] : base.AlphaBarAt(step);

    private protected override (T[] X, T[] Denoised) Move(SamplerState<T> state, T[] predictedNoise, T[]? variance, INoiseSource noise)
    {
        var alphaBar = AlphaBarAt(state.Step);
        var targetAlphaBar = TargetAlphaBar(state.Step);
        var denoised = ForwardProcess.Denoised<T>(state.X, predictedNoise, alphaBar);
        if (_options.Thresholding is { } thresholding)
        {
            thresholding.Apply<T>(denoised);
            if (_options.UseClippedModelOutput)
                predictedNoise = ForwardProcess.NoiseOfClean<T>(state.X, denoised, alphaBar);
        }

        var sigma = _options.Eta * Math.Sqrt((1 - targetAlphaBar) / (1 - alphaBar) * (1 - (alphaBar / targetAlphaBar)));
        var cleanFactor = T.CreateTruncating(Math.Sqrt(targetAlphaBar));
        // Rounding alone can take the difference below 0, where it is 0.
        var noiseFactor = T.CreateTruncating(Math.Sqrt(Math.Max(0, 1 - targetAlphaBar - (sigma * sigma))));
        var x = new T[denoised.Length];
        for (var i = 0; i < x.Length; i++)
            x[i] = (cleanFactor * denoised[i]) + (noiseFactor * predictedNoise[i]);

        if (sigma > 0)
        {
            var scale = T.CreateTruncating(sigma);
            var z = StepNoise(state, noise);
            for (var i = 0; i < x.Length; i++)
                x[i] += scale * z[i];
        }

        return (x, denoised);
    }

    private double TargetAlphaBar(int step)
    {
        if (!_options.FixedStride)
            return AlphaBarAt(step + 1);
        var target = Timesteps[step] - (Schedule.Timesteps / Steps);
        return target >= 0 ? Schedule.AlphaBars[target] : AlphaBarAt(Steps);
    }
}
