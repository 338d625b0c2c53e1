using System.Collections.Immutable;
using System.Numerics;

namespace Ddpm.Diffusion;

/// <summary>
/// DDIM with η = 0 backwards: follows an image to the noise that DDIM makes it of (Song, Meng and Ermon 2020, section 4.3; Mokady et al. 2023, equation 3).
/// </summary>
/// <remarks>
/// x_t = √ᾱ_t x̂_0 + √(1−ᾱ_t) ε from each timestep to the higher one that DDIM came from, with ε asked where the step begins. The image itself is asked for
/// at the lowest timestep. What DDIM makes of the noise differs from the image by an error of the first order in the steps.
/// </remarks>
public sealed class DdimInversion<T> : Sampler<T>
    where T : struct, IFloatingPointIeee754<T>
{
    private readonly ImmutableArray<int> _timesteps;
    private readonly NoiseSchedule _schedule;

    /// <param name="schedule">The schedule that the network was trained on.</param>
    /// <param name="steps">1 … T.</param>
    /// <param name="spacing">That of the DDIM to come.</param>
    /// <exception cref="ArgumentException">Steps out of range.</exception>
    public DdimInversion(NoiseSchedule schedule, int steps, TimestepSpacing spacing)
    {
        _timesteps = [.. TimestepSelection.Select(spacing, schedule.Timesteps, steps).Reverse()];
        _schedule = schedule;
    }

    /// <summary>Steps from the image to its noise.</summary>
    public override int Steps => _timesteps.Length;

    /// <summary>Timestep of the state after <paramref name="step"/> steps, growing; the image's is the lowest.</summary>
    /// <param name="step">0 … <see cref="Steps"/>.</param>
    public override double TimestepAt(int step) => _timesteps[Math.Max(0, step - 1)];

    /// <summary>ᾱ of the state after <paramref name="step"/> steps; the image's is 1.</summary>
    /// <param name="step">0 … <see cref="Steps"/>.</param>
    public override double AlphaBarAt(int step) => step == 0 ? 1 : _schedule.AlphaBars[_timesteps[step - 1]];

    /// <inheritdoc/>
    protected override async ValueTask<SamplerState<T>> MoveAsync(
        SamplerState<T> state, EpsilonModel<T> epsilon, INoiseSource noise, CancellationToken cancellationToken)
    {
        var predictedNoise = await EvaluateAsync(epsilon, state.X, TimestepAt(state.Step), state.Step, cancellationToken).ConfigureAwait(false);
        var denoised = ForwardProcess.Denoised<T>(state.X, predictedNoise, AlphaBarAt(state.Step));
        var alphaBar = AlphaBarAt(state.Step + 1);
        return state with
        {
            Step = state.Step + 1,
            X = LinearCombination.Of((Math.Sqrt(alphaBar), denoised), (Math.Sqrt(1 - alphaBar), predictedNoise)),
            Denoised = denoised,
            Evaluations = state.Evaluations + 1,
        };
    }
}
