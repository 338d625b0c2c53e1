using System.Collections.Immutable;
using System.Numerics;

namespace Ddpm.Diffusion;

/// <summary>Image to image: a trajectory that begins on its way, at an image with noise, so that its coarse structure stays (Meng et al. 2022, SDEdit, algorithm 1).</summary>
public static class NoisedStart
{
    /// <summary>The step at which to begin: the last ⌊strength · steps⌋ steps are made, at least one.</summary>
    /// <param name="steps">Those of the sampler.</param>
    /// <param name="strength">0 … 1: 1 leaves next to nothing of the image.</param>
    /// <exception cref="ArgumentException">The strength is out of range.</exception>
    public static int StepOf(int steps, double strength) => strength is > 0 and <= 1
        ? steps - Math.Clamp((int)(strength * steps), 1, steps)
        : throw new ArgumentException($"The strength is {strength}; it lies above 0 and does not exceed 1.", nameof(strength));

    /// <summary>x_t = √ᾱ_t x_0 + √(1−ᾱ_t) ε where that step begins.</summary>
    /// <param name="sampler">What makes the steps.</param>
    /// <param name="image">x_0, flat.</param>
    /// <param name="strength">0 … 1.</param>
    /// <param name="noise">ε is the trajectory's initial noise.</param>
    /// <exception cref="ArgumentException">The strength is out of range.</exception>
    public static SamplerState<T> Of<T>(Sampler<T> sampler, T[] image, double strength, INoiseSource noise)
        where T : struct, IFloatingPointIeee754<T>
    {
        var step = StepOf(sampler.Steps, strength);
        var added = new T[image.Length];
        noise.Fill<T>(added, step: 0, NoiseUse.Initial);
        return new SamplerState<T>(
            step, ForwardProcess.AddNoise<T>(image, added, sampler.AlphaBarAt(step)), null, 0, ImmutableDictionary<string, T[]>.Empty);
    }
}
