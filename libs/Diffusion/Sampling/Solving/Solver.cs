using System.Collections.Immutable;
using System.Numerics;

namespace Ddpm.Diffusion;

/// <summary>A sampler that solves the diffusion's ODE or SDE from one noise level to the next, whatever the levels are.</summary>
/// <remarks>
/// x_t = α_t x_0 + σ_t ε with α_t = √ᾱ_t and σ_t = √(1−ᾱ_t), and λ_t = ln(α_t/σ_t), half the logarithm of the signal-to-noise ratio.
/// </remarks>
public abstract class Solver<T> : Sampler<T>
    where T : struct, IFloatingPointIeee754<T>
{
    private readonly Thresholding? _thresholding;

    private protected Solver(NoiseLevels levels, Thresholding? thresholding)
    {
        Levels = levels;
        _thresholding = thresholding;
    }

    /// <summary>The noise levels visited, in order.</summary>
    public NoiseLevels Levels { get; }

    /// <inheritdoc/>
    public override int Steps => Levels.Timesteps.Length;

    /// <inheritdoc/>
    public override double TimestepAt(int step) => step == Steps ? 0 : Levels.Timesteps[step];

    /// <inheritdoc/>
    public override double AlphaBarAt(int step) => NoiseLevels.AlphaBarOf(Levels.Sigmas[step]);

    /// <summary>α.</summary>
    private protected double Alpha(int step) => Math.Sqrt(AlphaBarAt(step));

    /// <summary>σ.</summary>
    private protected double Sigma(int step) => Levels.Sigmas[step] * Alpha(step);

    /// <summary>λ; ∞ for a clean image.</summary>
    private protected double Lambda(int step) => -Math.Log(Levels.Sigmas[step]);

    /// <summary>Evaluates the network at a level: x̂_0, thresholded, and the noise that it leaves in x.</summary>
    private protected ValueTask<(T[] Denoised, T[] Noise)> PredictAsync(
        EpsilonModel<T> epsilon, T[] x, int step, CancellationToken cancellationToken) =>
        PredictAsync(epsilon, x, TimestepAt(step), AlphaBarAt(step), step, cancellationToken);

    /// <summary>The same at any noise level.</summary>
    private protected async ValueTask<(T[] Denoised, T[] Noise)> PredictAsync(
        EpsilonModel<T> epsilon, T[] x, double timestep, double alphaBar, int step, CancellationToken cancellationToken)
    {
        var noise = await EvaluateAsync(epsilon, x, timestep, step, cancellationToken).ConfigureAwait(false);
        var denoised = ForwardProcess.Denoised<T>(x, noise, alphaBar);
        if (_thresholding is null)
            return (denoised, noise);
        _thresholding.Apply<T>(denoised);
        return (denoised, ForwardProcess.NoiseOfClean<T>(x, denoised, alphaBar));
    }

    /// <summary>The state after a step.</summary>
    private protected static SamplerState<T> Next(
        SamplerState<T> state, T[] x, T[] denoised, int evaluations = 1, ImmutableDictionary<string, T[]>? history = null) =>
        new(state.Step + 1, x, denoised, state.Evaluations + evaluations, history ?? state.History);
}
