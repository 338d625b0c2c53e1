using System.Numerics;

namespace Ddpm.Diffusion;

/// <summary>
/// Euler's method to below the next noise level, and fresh noise up to it (Crowson 2022, k-diffusion, <c>sample_euler_ancestral</c>). On the exponential
/// of its levels it is DDPM's ancestral step (Ho et al. 2020, algorithm 2) in the variables of Karras et al. 2022.
/// </summary>
/// <remarks>σ_up² = η² σ_t² (σ_s² − σ_t²)/σ_s² and σ_down² = σ_t² − σ_up²: x/α moves by (σ_down − σ_s) ε + σ_up z.</remarks>
public sealed class EulerAncestralSampler<T> : Solver<T>
    where T : struct, IFloatingPointIeee754<T>
{
    private readonly double _eta;

    /// <param name="levels">The noise levels to visit.</param>
    /// <param name="eta">η, 0 … 1: how much fresh noise is added. 0 is Euler's method.</param>
    /// <param name="thresholding">How x̂_0 is kept within range. Null: not at all.</param>
    /// <exception cref="ArgumentException">η is out of range.</exception>
    public EulerAncestralSampler(NoiseLevels levels, double eta, Thresholding? thresholding)
        : base(levels, thresholding)
    {
        if (!(eta >= 0 && eta <= 1))
            throw new ArgumentException($"η is {eta}; it lies within 0 … 1.", nameof(eta));
        _eta = eta;
    }

    /// <inheritdoc/>
    protected override async ValueTask<SamplerState<T>> MoveAsync(
        SamplerState<T> state, EpsilonModel<T> epsilon, INoiseSource noise, CancellationToken cancellationToken)
    {
        var (denoised, predictedNoise) = await PredictAsync(epsilon, state.X, state.Step, cancellationToken).ConfigureAwait(false);
        var (from, to, alpha) = (Levels.Sigmas[state.Step], Levels.Sigmas[state.Step + 1], Alpha(state.Step + 1));
        var up = _eta * to * Math.Sqrt(1 - (to * to / (from * from)));
        var down = Math.Sqrt((to * to) - (up * up));
        var x = LinearCombination.Of((alpha, denoised), (alpha * down, predictedNoise));
        return Next(state, up > 0 ? LinearCombination.Of((1, x), (alpha * up, StepNoise(state, noise))) : x, denoised);
    }
}
