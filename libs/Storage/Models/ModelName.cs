using System.Text.RegularExpressions;

namespace Ddpm.Storage.Models;

/// <summary>What may name a model, a version and an alias. Checked before a name comes near the file system.</summary>
public static partial class ModelName
{
    public const string Rule = "must be 1 to 63 characters of a-z, 0-9 and '-', beginning with a letter or digit";

    public const string VersionRule = "must be 64 hexadecimal digits in lower case";

    /// <summary>The alias that a job takes when it names none.</summary>
    public const string Latest = "latest";

    /// <summary>The alias of what was published last, be it in the middle of training.</summary>
    public const string Candidate = "candidate";

    /// <summary>The alias of the last version that was not worse than the one before.</summary>
    public const string Stable = "stable";

    /// <summary>The alias of what came with the program.</summary>
    public const string Shipped = "shipped";

    public static bool IsModel(string name) => NamePattern().IsMatch(name);

    public static bool IsAlias(string name) => NamePattern().IsMatch(name);

    public static bool IsVersion(string version) => VersionPattern().IsMatch(version);

    /// <summary>Whether it can be the beginning of a version id, as people shorten one.</summary>
    public static bool IsVersionPrefix(string reference) => PrefixPattern().IsMatch(reference);

    [GeneratedRegex(@"\A[0-9a-f]{6,64}\z")]
    private static partial Regex PrefixPattern();

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{0,62}\z")]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"\A[0-9a-f]{64}\z")]
    private static partial Regex VersionPattern();
}
