using System.Numerics;

namespace Ddpm.Diffusion;

/// <summary>The forward process in closed form, at a noise level ᾱ in 0 … 1.</summary>
public static class ForwardProcess
{
    /// <summary>x_t = √ᾱ x_0 + √(1−ᾱ) ε (Ho et al. 2020, equation 4).</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static T[] AddNoise<T>(ReadOnlySpan<T> clean, ReadOnlySpan<T> noise, double alphaBar)
        where T : struct, IFloatingPointIeee754<T> =>
        Combine(Math.Sqrt(alphaBar), clean, Math.Sqrt(1 - alphaBar), noise);

    /// <summary>v = √ᾱ ε − √(1−ᾱ) x_0 (Salimans and Ho 2022, appendix D).</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static T[] Velocity<T>(ReadOnlySpan<T> clean, ReadOnlySpan<T> noise, double alphaBar)
        where T : struct, IFloatingPointIeee754<T> =>
        Combine(Math.Sqrt(alphaBar), noise, -Math.Sqrt(1 - alphaBar), clean);

    /// <summary>x̂_0 = (x_t − √(1−ᾱ) ε) / √ᾱ (Ho et al. 2020, equation 15).</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static T[] Denoised<T>(ReadOnlySpan<T> noisy, ReadOnlySpan<T> noise, double alphaBar)
        where T : struct, IFloatingPointIeee754<T> =>
        Without(noisy, Math.Sqrt(1 - alphaBar), noise, Math.Sqrt(alphaBar));

    /// <summary>ε = √ᾱ v + √(1−ᾱ) x_t: the noise that a network which predicts v implies.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static T[] NoiseOfVelocity<T>(ReadOnlySpan<T> noisy, ReadOnlySpan<T> velocity, double alphaBar)
        where T : struct, IFloatingPointIeee754<T> =>
        Combine(Math.Sqrt(alphaBar), velocity, Math.Sqrt(1 - alphaBar), noisy);

    /// <summary>ε = (x_t − √ᾱ x_0) / √(1−ᾱ): the noise that a network which predicts x_0 implies.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static T[] NoiseOfClean<T>(ReadOnlySpan<T> noisy, ReadOnlySpan<T> clean, double alphaBar)
        where T : struct, IFloatingPointIeee754<T> =>
        Without(noisy, Math.Sqrt(alphaBar), clean, Math.Sqrt(1 - alphaBar));

    /// <summary>(whole − factor part) / divisor. The difference is taken first: where it is small against both, factors of each would each bring an error of their own.</summary>
    private static T[] Without<T>(ReadOnlySpan<T> whole, double factor, ReadOnlySpan<T> part, double divisor)
        where T : struct, IFloatingPointIeee754<T>
    {
        ThrowIfLengthsDiffer(whole.Length, part.Length);
        var (f, d) = (T.CreateTruncating(factor), T.CreateTruncating(divisor));
        var result = new T[whole.Length];
        for (var i = 0; i < result.Length; i++)
            result[i] = (whole[i] - (f * part[i])) / d;
        return result;
    }

    private static T[] Combine<T>(double firstFactor, ReadOnlySpan<T> first, double secondFactor, ReadOnlySpan<T> second)
        where T : struct, IFloatingPointIeee754<T>
    {
        ThrowIfLengthsDiffer(first.Length, second.Length);
        var (a, b) = (T.CreateTruncating(firstFactor), T.CreateTruncating(secondFactor));
        var result = new T[first.Length];
        for (var i = 0; i < result.Length; i++)
            result[i] = (a * first[i]) + (b * second[i]);
        return result;
    }

    private static void ThrowIfLengthsDiffer(int first, int second)
    {
        if (first != second)
            throw new ArgumentException($"Two tensors of the same image have {first} and {second} elements.");
    }
}
