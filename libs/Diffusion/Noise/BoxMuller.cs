namespace Ddpm.Diffusion;

/// <summary>
/// Box and Muller 1958: z = √(−2 ln u) · (cos 2πv, sin 2πv) is a pair of independent standard normal values for independent uniform u and v.
/// </summary>
/// <remarks>
/// The logarithm, sine and cosine are made here of additions, multiplications and divisions, which IEEE 754 rounds the same way everywhere.
/// Those of <see cref="Math"/> come from the C library and differ in the last digit from one system to the next.
/// </remarks>
internal static class BoxMuller
{
    // ln 2 in two parts; the first has zeros enough at its end for its product with a binary exponent to be exact.
    private const double Ln2High = 6.93147180369123816490e-01;
    private const double Ln2Low = 1.90821492927058770002e-10;

    /// <summary>A pair of standard normal values.</summary>
    /// <param name="radiusBits">64 random bits, the upper 53 of which are used.</param>
    /// <param name="angleBits">64 random bits, the upper 53 of which are used.</param>
    public static (double First, double Second) Pair(ulong radiusBits, ulong angleBits)
    {
        // u in (0, 1], so that its logarithm is finite; v in [0, 1).
        var radius = Math.Sqrt(-2 * Log(((radiusBits >> 11) + 1) * (1.0 / (1UL << 53))));
        var (sin, cos) = SinCosTurn((angleBits >> 11) * (1.0 / (1UL << 53)));
        return (radius * cos, radius * sin);
    }

    /// <summary>ln x for normal positive x: with x = 2^k m, k ln 2 + 2 artanh s, s = (m−1)/(m+1).</summary>
    internal static double Log(double x)
    {
        var bits = BitConverter.DoubleToInt64Bits(x);
        // m in [√½, √2): the mantissa of √½ decides which binade it is counted in.
        var exponent = (bits - 0x3FE6A09E667F3BCD) >> 52;
        var m = BitConverter.Int64BitsToDouble(bits - (exponent << 52));
        var s = (m - 1) / (m + 1);
        var q = s * s;
        // 2 artanh s − 2s = 2s (q/3 + q²/5 + …); |s| ≤ 0.1716 makes the first term left out smaller than 2^-60.
        var series = q * ((1.0 / 3) + (q * ((1.0 / 5) + (q * ((1.0 / 7) + (q * ((1.0 / 9) + (q * ((1.0 / 11) + (q * ((1.0 / 13)
            + (q * ((1.0 / 15) + (q * ((1.0 / 17) + (q * ((1.0 / 19) + (q * (1.0 / 21)))))))))))))))))));
        return (exponent * Ln2High) + ((2 * s) + ((2 * s * series) + (exponent * Ln2Low)));
    }

    /// <summary>sin 2πv and cos 2πv for 0 ≤ v &lt; 1.</summary>
    internal static (double Sin, double Cos) SinCosTurn(double v)
    {
        var quarter = (int)((4 * v) + 0.5);
        // Exact; |angle| ≤ π/4, where the Taylor series to the 16th and 17th power leave less than 2^-58.
        var a = (v - (quarter * 0.25)) * (2 * Math.PI);
        var q = a * a;
        var sin = a + (a * q * ((-1.0 / 6) + (q * ((1.0 / 120) + (q * ((-1.0 / 5040) + (q * ((1.0 / 362880) + (q * ((-1.0 / 39916800)
            + (q * ((1.0 / 6227020800) + (q * ((-1.0 / 1307674368000) + (q * (1.0 / 355687428096000))))))))))))))));
        var cos = 1 + (q * ((-1.0 / 2) + (q * ((1.0 / 24) + (q * ((-1.0 / 720) + (q * ((1.0 / 40320) + (q * ((-1.0 / 3628800)
            + (q * ((1.0 / 479001600) + (q * ((-1.0 / 87178291200) + (q * (1.0 / 20922789888000))))))))))))))));
        return (quarter & 3) switch
        {
            0 => (sin, cos),
            1 => (cos, -sin),
            2 => (-sin, -cos),
            _ => (-cos, sin),
        };
    }
}
