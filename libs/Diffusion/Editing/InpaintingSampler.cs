using System.Collections.Immutable;
using System.Numerics;

namespace Ddpm.Diffusion;

/// <summary>Inpainting: any sampler, held to the pixels that are known (Lugmayr et al. 2022, RePaint, algorithm 1).</summary>
/// <remarks>
/// After each step from t to s the known pixels are x_s = √ᾱ_s y + √(1−ᾱ_s) z (there, equation 8a). With resampling, x_s goes back to t by the forward process,
/// x_t = √(ᾱ_t/ᾱ_s) x_s + √(1−ᾱ_t/ᾱ_s) z, and the step is made again, so that what is made fits what is known. As pixels change between its steps, a
/// multistep sampler remembers nothing, and each step is of its lowest order.
/// </remarks>
public sealed class InpaintingSampler<T> : Sampler<T>
    where T : struct, IFloatingPointIeee754<T>
{
    private readonly Sampler<T> _sampler;
    private readonly T[] _known;
    private readonly bool[] _isKnown;
    private readonly int _resamplings;

    /// <param name="sampler">What makes the steps.</param>
    /// <param name="known">y, flat; unknown pixels are of no account.</param>
    /// <param name="isKnown">Which of its elements are known.</param>
    /// <param name="resamplings">How often each step is made, at least 1. Default: 1, without resampling.</param>
    /// <exception cref="ArgumentException">The lengths differ, or there is no resampling.</exception>
    public InpaintingSampler(Sampler<T> sampler, T[] known, bool[] isKnown, int resamplings = 1)
    {
        if (known.Length != isKnown.Length)
            throw new ArgumentException($"The image has {known.Length} elements, its mask {isKnown.Length}.", nameof(isKnown));
        if (resamplings < 1)
            throw new ArgumentException($"Each step is to be made {resamplings} times; it is made at least once.", nameof(resamplings));
        (_sampler, _known, _isKnown, _resamplings) = (sampler, known, isKnown, resamplings);
    }

    /// <inheritdoc/>
    public override int Steps => _sampler.Steps;

    /// <inheritdoc/>
    public override bool NeedsVariance => _sampler.NeedsVariance;

    /// <inheritdoc/>
    public override double TimestepAt(int step) => _sampler.TimestepAt(step);

    /// <inheritdoc/>
    public override double AlphaBarAt(int step) => _sampler.AlphaBarAt(step);

    /// <inheritdoc/>
    protected override async ValueTask<SamplerState<T>> MoveAsync(
        SamplerState<T> state, EpsilonModel<T> epsilon, INoiseSource noise, CancellationToken cancellationToken)
    {
        var (from, to) = (AlphaBarAt(state.Step), AlphaBarAt(state.Step + 1));
        var before = state with { History = ImmutableDictionary<string, T[]>.Empty };
        for (var made = 0; ; made++)
        {
            var draws = new Draws(noise, made, _resamplings);
            var next = await _sampler.StepAsync(before, epsilon, draws, cancellationToken).ConfigureAwait(false);
            next = next with { X = WithKnown(next.X, to, Fresh(NoiseUse.Known)), History = before.History };
            if (made == _resamplings - 1)
                return next;
            before = before with
            {
                X = LinearCombination.Of((Math.Sqrt(from / to), next.X), (Math.Sqrt(1 - (from / to)), Fresh(NoiseUse.Resampling))),
                Evaluations = next.Evaluations,
            };

            T[] Fresh(NoiseUse use)
            {
                var values = new T[_known.Length];
                draws.Fill<T>(values, state.Step, use);
                return values;
            }
        }
    }

    private T[] WithKnown(T[] x, double alphaBar, T[] noise)
    {
        var known = ForwardProcess.AddNoise<T>(_known, noise, alphaBar);
        return [.. x.Select((value, i) => _isKnown[i] ? known[i] : value)];
    }

    /// <summary>The noise of a step that is made several times, different each time.</summary>
    private sealed class Draws(INoiseSource noise, int made, int times) : INoiseSource
    {
        public void Fill<TValue>(Span<TValue> destination, int step, NoiseUse use)
            where TValue : struct, IFloatingPointIeee754<TValue> => noise.Fill(destination, (step * times) + made, use);
    }
}
