using System.Text.RegularExpressions;

namespace Ddpm.Storage.Blobs;

/// <summary>What may name a blob or a folder of blobs. Checked before a key comes near a file system or a server.</summary>
internal static partial class BlobKey
{
    public const string Rule = "segments of a-z, 0-9, '.', '_' and '-' joined by '/', none beginning with a dot";

    public static bool IsValid(string key) => KeyPattern().IsMatch(key);

    /// <returns>The key.</returns>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static string Checked(string key) => IsValid(key) ? key : throw new ArgumentException($"'{key}' is not a blob's key: {Rule}.", nameof(key));

    [GeneratedRegex(@"\A[a-z0-9_-][a-z0-9._-]*(/[a-z0-9_-][a-z0-9._-]*)*\z")]
    private static partial Regex KeyPattern();
}
