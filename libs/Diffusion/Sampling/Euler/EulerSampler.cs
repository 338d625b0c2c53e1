using System.Numerics;

namespace Ddpm.Diffusion;

/// <summary>Euler's method for the probability-flow ODE in σ (Karras et al. 2022, equation 1 and algorithm 1 without its second half).</summary>
/// <remarks>
/// x/α moves by (σ_t − σ_s) ε, with σ = √((1−ᾱ)/ᾱ). At a schedule's own timesteps this is DDIM with η = 0 (Song, Meng and Ermon 2020, section 4.3).
/// </remarks>
public sealed class EulerSampler<T> : Solver<T>
    where T : struct, IFloatingPointIeee754<T>
{
    /// <param name="levels">The noise levels to visit.</param>
    /// <param name="thresholding">How x̂_0 is kept within range. Null: not at all.</param>
    public EulerSampler(NoiseLevels levels, Thresholding? thresholding)
        : base(levels, thresholding)
    {
    }

    /// <inheritdoc/>
    protected override async ValueTask<SamplerState<T>> MoveAsync(
        SamplerState<T> state, EpsilonModel<T> epsilon, INoiseSource noise, CancellationToken cancellationToken)
    {
        var (denoised, predictedNoise) = await PredictAsync(epsilon, state.X, state.Step, cancellationToken).ConfigureAwait(false);
        return Next(state, LinearCombination.Of((Alpha(state.Step + 1), denoised), (Sigma(state.Step + 1), predictedNoise)), denoised);
    }
}
