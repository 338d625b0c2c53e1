using System.Collections.Immutable;
using System.Numerics;

namespace Ddpm.Diffusion;

/// <summary>
/// Encodes images and decodes what lies between them: first follows each image to its noise, by <see cref="DdimInversion{T}"/>, then goes from there, or from
/// between two such noises along the sphere, to an image by any sampler (Song, Meng and Ermon 2020, sections 5.3 and 5.4).
/// </summary>
/// <remarks>Its steps are those of all inversions and then those of the sampler. The state that it starts from is of no account.</remarks>
public sealed class EncodingSampler<T> : Sampler<T>
    where T : struct, IFloatingPointIeee754<T>
{
    private const string FirstEncoded = "encoded";

    private readonly DdimInversion<T> _inversion;
    private readonly Sampler<T> _decoder;
    private readonly ImmutableArray<T[]> _images;
    private readonly double _weight;

    /// <param name="inversion">What encodes.</param>
    /// <param name="decoder">What decodes; for the image itself to come back, one without noise of its own.</param>
    /// <param name="images">One image, or the two to go between; flat.</param>
    /// <param name="weight">0 … 1: how far from the first to the second. Ignored where there is one.</param>
    /// <exception cref="ArgumentException">Neither one image nor two, or the weight is out of range.</exception>
    public EncodingSampler(DdimInversion<T> inversion, Sampler<T> decoder, IEnumerable<T[]> images, double weight = 0)
    {
        _images = [.. images];
        if (_images.Length is not (1 or 2))
            throw new ArgumentException($"{_images.Length} images are to be encoded; there can be one or two.", nameof(images));
        if (!(weight >= 0 && weight <= 1))
            throw new ArgumentException($"The weight is {weight}; it lies within 0 … 1.", nameof(weight));
        (_inversion, _decoder, _weight) = (inversion, decoder, weight);
    }

    /// <inheritdoc/>
    public override int Steps => Encoding + _decoder.Steps;

    /// <inheritdoc/>
    public override bool NeedsVariance => _decoder.NeedsVariance;

    /// <summary>Steps of all inversions.</summary>
    private int Encoding => _images.Length * _inversion.Steps;

    /// <summary>Timestep of the state after <paramref name="step"/> steps: up to the highest for each image, then down.</summary>
    /// <param name="step">0 … <see cref="Steps"/>.</param>
    public override double TimestepAt(int step) => step > Encoding ? _decoder.TimestepAt(step - Encoding) : _inversion.TimestepAt(Inverted(step));

    /// <inheritdoc/>
    public override double AlphaBarAt(int step) => step > Encoding ? _decoder.AlphaBarAt(step - Encoding) : _inversion.AlphaBarAt(Inverted(step));

    /// <inheritdoc/>
    protected override async ValueTask<SamplerState<T>> MoveAsync(
        SamplerState<T> state, EpsilonModel<T> epsilon, INoiseSource noise, CancellationToken cancellationToken)
    {
        var (image, step) = (state.Step / _inversion.Steps, state.Step % _inversion.Steps);
        if (state.Step < Encoding)
        {
            var encoded = await _inversion.StepAsync(
                state with { Step = step, X = step == 0 ? _images[image] : state.X }, epsilon, noise, cancellationToken).ConfigureAwait(false);
            var isFirstOfTwo = encoded.Step == _inversion.Steps && image + 1 < _images.Length;
            return encoded with
            {
                Step = state.Step + 1,
                History = isFirstOfTwo ? state.History.Add(FirstEncoded, encoded.X) : state.History,
            };
        }

        var decoding = state.Step == Encoding
            ? _decoder.Start(state.History.TryGetValue(FirstEncoded, out var first) ? SphericalInterpolation.Between(first, state.X, _weight) : state.X) with { Evaluations = state.Evaluations }
            : state with { Step = state.Step - Encoding };
        var decoded = await _decoder.StepAsync(decoding, epsilon, noise, cancellationToken).ConfigureAwait(false);
        return decoded with { Step = state.Step + 1 };
    }

    /// <summary>Steps of the present inversion; where one image is done and the next has not begun, all.</summary>
    private int Inverted(int step) => step == 0 ? 0 : ((step - 1) % _inversion.Steps) + 1;
}
