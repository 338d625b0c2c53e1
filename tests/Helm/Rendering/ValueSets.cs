namespace Ddpm.Helm.Tests;

/// <summary>The sets of values that the chart is rendered with: its defaults, and each file of its folder <c>ci</c>.</summary>
internal static class ValueSets
{
    public const string Default = "default";

    private const string Suffix = "-values.yaml";

    private static readonly string Folder = Path.Combine(HelmCommand.Chart, "ci");

    public static IEnumerable<string> All =>
        [Default, .. Directory.EnumerateFiles(Folder, "*" + Suffix).Select(file => Path.GetFileName(file)[..^Suffix.Length]).Order(StringComparer.Ordinal)];

    /// <summary>Arguments of helm that choose a set.</summary>
    public static string[] Arguments(string set) => set == Default ? [] : ["--values", Path.Combine(Folder, set + Suffix)];
}
