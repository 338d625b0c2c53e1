using System.Numerics;

namespace Ddpm.Diffusion;

/// <summary>How x̂_0 is kept within the range of images.</summary>
public abstract record Thresholding
{
    private Thresholding()
    {
    }

    /// <summary>Clips x̂_0 to −Range … Range (Ho et al. 2020; called static thresholding by Saharia et al. 2022).</summary>
    /// <param name="Range">Above 0; images lie within [−1, 1].</param>
    public sealed record Clip(double Range = 1) : Thresholding
    {
        internal override void Apply<T>(Span<T> denoised) => ClipTo(denoised, T.CreateTruncating(Range));
    }

    /// <summary>
    /// Clips x̂_0 to ±s and divides it by s, where s is a quantile of |x̂_0|, within 1 … <paramref name="Maximum"/>
    /// (dynamic thresholding, Saharia et al. 2022, section 2.3).
    /// </summary>
    /// <param name="Ratio">The quantile, 0 … 1.</param>
    /// <param name="Maximum">At least 1.</param>
    public sealed record Dynamic(double Ratio = 0.995, double Maximum = 1) : Thresholding
    {
        internal override void Apply<T>(Span<T> denoised)
        {
            var s = T.Clamp(Quantile(denoised), T.One, T.CreateTruncating(Maximum));
            ClipTo(denoised, s);
            for (var i = 0; i < denoised.Length; i++)
                denoised[i] /= s;
        }

        private T Quantile<T>(ReadOnlySpan<T> values)
            where T : struct, IFloatingPointIeee754<T>
        {
            var sorted = new T[values.Length];
            for (var i = 0; i < sorted.Length; i++)
                sorted[i] = T.Abs(values[i]);
            Array.Sort(sorted);
            var rank = Ratio * (sorted.Length - 1);
            var below = (int)rank;
            var above = Math.Min(below + 1, sorted.Length - 1);
            return sorted[below] + (T.CreateTruncating(rank - below) * (sorted[above] - sorted[below]));
        }
    }

    /// <summary>Works in place on one image.</summary>
    internal abstract void Apply<T>(Span<T> denoised)
        where T : struct, IFloatingPointIeee754<T>;

    private static void ClipTo<T>(Span<T> denoised, T range)
        where T : struct, IFloatingPointIeee754<T>
    {
        for (var i = 0; i < denoised.Length; i++)
            denoised[i] = T.Clamp(denoised[i], -range, range);
    }
}
