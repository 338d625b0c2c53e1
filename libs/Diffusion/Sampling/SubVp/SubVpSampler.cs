using System.Numerics;

namespace Ddpm.Diffusion;

/// <summary>
/// The reverse-time sub-VP SDE (Song et al. 2021, equation 6 with 29), dx = −½ β(t) x dt + √(β(t) (1−ᾱ²)) dw with ᾱ(t) as the VP-SDE has it, solved by
/// Euler and Maruyama. Its x(t) is √ᾱ x_0 + (1−ᾱ) ε, with less noise than the √(1−ᾱ) ε of the VP-SDE at every time (there, appendix B).
/// </summary>
/// <remarks>
/// x ← x + (½ β x + β (1−ᾱ²) s) Δ + √(β (1−ᾱ²) Δ) z with the score s = −ε/(1−ᾱ), Δ = 1/N, and N times t evenly from 1 to the end time. ε is a matter of the
/// signal-to-noise ratio alone: a network that was trained with the variance preserved is asked at the ᾱ' of the same ratio, ᾱ'/(1−ᾱ') = ᾱ/(1−ᾱ)², and
/// for x in its own scale, √(ᾱ'/ᾱ) x.
/// </remarks>
public sealed class SubVpSampler<T> : SdeSampler<T>
    where T : struct, IFloatingPointIeee754<T>
{
    private readonly SubVpOptions _options;

    /// <param name="schedule">The schedule that the network was trained on.</param>
    /// <param name="steps">N, at least 1.</param>
    /// <param name="options">See there for the defaults.</param>
    /// <exception cref="ArgumentException">Steps or an option out of range.</exception>
    public SubVpSampler(NoiseSchedule schedule, int steps, SubVpOptions options)
        : base(schedule, steps, VpSde.Of(options.BetaMin, options.BetaMax), options.EndTime) =>
        _options = options;

    /// <inheritdoc/>
    public override double TimestepAt(int step) => step == Steps ? 0 : Schedule.TimestepOf(AlphaBarAt(step));

    /// <summary>ᾱ' of the state after <paramref name="step"/> steps: that of the same signal-to-noise ratio where the variance is preserved.</summary>
    /// <param name="step">0 … <see cref="Sampler{T}.Steps"/>.</param>
    public override double AlphaBarAt(int step)
    {
        if (step == Steps)
            return 1;
        var alphaBar = Sde.AlphaBar(TimeAt(step));
        return alphaBar / (alphaBar + ((1 - alphaBar) * (1 - alphaBar)));
    }

    /// <inheritdoc/>
    protected override async ValueTask<SamplerState<T>> MoveAsync(
        SamplerState<T> state, EpsilonModel<T> epsilon, INoiseSource noise, CancellationToken cancellationToken)
    {
        var time = TimeAt(state.Step);
        var alphaBar = Sde.AlphaBar(time);
        var networkAlphaBar = AlphaBarAt(state.Step);
        var asked = LinearCombination.Of((Math.Sqrt(networkAlphaBar / alphaBar), state.X));
        var predictedNoise = await EvaluateAsync(epsilon, asked, TimestepAt(state.Step), state.Step, cancellationToken).ConfigureAwait(false);

        var beta = Sde.Beta(time) / Steps;
        // β (1−ᾱ²) s = −β (1+ᾱ) ε.
        var x = LinearCombination.Of((1 + (0.5 * beta), state.X), (-beta * (1 + alphaBar), predictedNoise));
        if (state.Step < Steps - 1 || !_options.Denoise)
            x = LinearCombination.Of((1, x), (Math.Sqrt(beta * (1 - (alphaBar * alphaBar))), StepNoise(state, noise)));
        return state with
        {
            Step = state.Step + 1,
            X = x,
            Denoised = ForwardProcess.Denoised<T>(asked, predictedNoise, networkAlphaBar),
            Evaluations = state.Evaluations + 1,
        };
    }
}
