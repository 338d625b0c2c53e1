namespace Ddpm.Diffusion;

/// <summary>Makes an image of bytes one of real numbers, which has a density (Theis, van den Oord and Bethge 2016, section 3.1).</summary>
public static class Dequantization
{
    /// <summary>x′ = (k + u)/128 − 1 for the byte k that x ∈ −1 … 1 stands for, with u uniform in 0 … 1.</summary>
    /// <param name="image">Flat, within −1 … 1.</param>
    /// <param name="seed">Chooses u, with the index and the element.</param>
    /// <param name="index">Which image, at least 0.</param>
    /// <returns>Within −1 … 1.</returns>
    public static float[] Of(float[] image, ulong seed, int index) =>
        [.. image.Select((value, i) => (float)(((Math.Round((value + 1) * 127.5) + Uniform(seed, index, i)) / 128) - 1))];

    private static double Uniform(ulong seed, int index, int element)
    {
        var (x, _, _, _) = Philox.Block((uint)element, 0, (uint)index, (uint)NoiseUse.Dequantization, (uint)seed, (uint)(seed >> 32));
        return (x + 0.5) / (1L << 32);
    }
}
