using System.Globalization;

namespace Ddpm.Denoiser.Tests.Fuzzing;

/// <summary>How much of the fuzz is run, from the environment.</summary>
internal static class FuzzSettings
{
    /// <summary><c>DDPM_FUZZ_REQUESTS</c>: how many requests. Default: 20000, some 20 s.</summary>
    public static long Requests => Number("DDPM_FUZZ_REQUESTS") ?? 20_000;

    /// <summary><c>DDPM_FUZZ_SEED</c>: which ones. Default: 1.</summary>
    public static int Seed => (int)(Number("DDPM_FUZZ_SEED") ?? 1);

    /// <summary><c>DDPM_FUZZ_INDEX</c>: the only one to send, as a failure names it. Default: all.</summary>
    public static long? Index => Number("DDPM_FUZZ_INDEX");

    private static long? Number(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? long.Parse(value, CultureInfo.InvariantCulture) : null;
}
