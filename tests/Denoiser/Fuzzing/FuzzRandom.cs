namespace Ddpm.Denoiser.Tests.Fuzzing;

/// <summary>Randomness that depends on a seed and a number alone, so that any request can be made again without those before it.</summary>
internal static class FuzzRandom
{
    public static Random Of(int seed, long number)
    {
        // The finaliser of SplitMix64: neighbouring numbers must not give similar streams.
        var mixed = unchecked((ulong)number * 0x9E3779B97F4A7C15 + (ulong)seed);
        mixed = unchecked((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9);
        mixed = unchecked((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB);
        return new Random((int)(mixed ^ (mixed >> 31)));
    }
}
