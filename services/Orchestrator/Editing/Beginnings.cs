using Ddpm.Diffusion;
using Ddpm.Protocol;
using Ddpm.V1;

namespace Ddpm.Orchestrator.Editing;

/// <summary>Where each trajectory of a job begins, by which rule it goes on, and with which noise: edits included.</summary>
/// <param name="spec">What keeps to <see cref="EditRules"/>.</param>
/// <param name="inputs">Its pictures by hash.</param>
/// <param name="sampler">The rule of the steps from noise to image.</param>
/// <param name="inversion">The rule of those from image to noise; used where images are encoded.</param>
/// <param name="elements">Of an image.</param>
internal sealed class Beginnings(
    JobSpec spec, IReadOnlyDictionary<string, Tensor> inputs, Sampler<float> sampler, Func<DdimInversion<float>> inversion, int elements)
{
    private readonly Sampler<float> _sampler = spec.Inpainting is { } inpainting
        ? new InpaintingSampler<float>(sampler, Pixels(inputs, inpainting.Image), Known(Pixels(inputs, inpainting.Mask), elements), Math.Max(1, inpainting.Resamplings))
        : sampler;

    /// <summary>The rule of a trajectory's steps, all of them; all have the same number, timesteps and noise levels.</summary>
    public Sampler<float> SamplerOf(int trajectory) => spec.EncodedImages is { } encoded
        ? new EncodingSampler<float>(inversion(), _sampler, Images(encoded), Weight(trajectory))
        : _sampler;

    /// <summary>The noise of a trajectory. Those between two ends differ in nothing else.</summary>
    public INoiseSource NoiseOf(int trajectory) =>
        new PhiloxNoise(spec.Seed, spec.BetweenSeeds is not null || spec.EncodedImages?.Other is not null ? 0 : trajectory);

    /// <summary>The state before a trajectory's first step.</summary>
    public SamplerState<float> StartOf(int trajectory)
    {
        if (spec.NoisedImage is { } noised)
            return NoisedStart.Of(_sampler, Pixels(inputs, noised.Image), noised.Strength, NoiseOf(trajectory));
        if (spec.EncodedImages is { } encoded)
            return _sampler.Start(Pixels(inputs, encoded.Image));
        var initial = Initial(NoiseOf(trajectory));
        return _sampler.Start(spec.BetweenSeeds is { } between
            ? SphericalInterpolation.Between(initial, Initial(new PhiloxNoise(between.OtherSeed, 0)), Weight(trajectory))
            : initial);
    }

    private float[] Initial(INoiseSource noise)
    {
        var initial = new float[elements];
        noise.Fill<float>(initial, step: 0, NoiseUse.Initial);
        return initial;
    }

    private double Weight(int trajectory) => spec.Count == 1 ? 0 : (double)trajectory / (spec.Count - 1);

    private IEnumerable<float[]> Images(EncodedImages encoded) =>
        encoded.Other is null ? [Pixels(inputs, encoded.Image)] : [Pixels(inputs, encoded.Image), Pixels(inputs, encoded.Other)];

    private static float[] Pixels(IReadOnlyDictionary<string, Tensor> inputs, InputImage image) => TensorCodec.Decode(inputs[image.Sha256]);

    /// <summary>Which elements are known: a mask of one plane is that of every channel.</summary>
    private static bool[] Known(float[] mask, int elements) => [.. Enumerable.Range(0, elements).Select(i => mask[i % mask.Length] > 0.5f)];
}
