namespace Ddpm.Containers.Tests.Support;

/// <summary>
/// What everything bears that these tests make at the engine. When they have ended, however that was, eng/containers.sh removes what still bears it.
/// </summary>
internal static class TestRun
{
    /// <summary>The label of containers, networks and volumes.</summary>
    public const string Label = "ddpm.test-run";

    /// <summary>The label's value, and the name of the project that Compose labels what it makes with.</summary>
    public static string Name { get; } = Environment.GetEnvironmentVariable("DDPM_TEST_RUN") is { Length: > 0 } name ? name : $"ddpm-test-{Environment.ProcessId}";
}
