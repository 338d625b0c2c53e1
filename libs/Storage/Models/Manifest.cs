using System.Security.Cryptography;
using System.Text;

namespace Ddpm.Storage.Models;

/// <summary>
/// The files of a version with their SHA-256 and size, a line each (<c>hash  size  name</c>) in ordinal order of the names. The
/// SHA-256 of these lines is the version's id, so that the id vouches for every byte.
/// </summary>
internal sealed record Manifest(IReadOnlyList<Manifest.Entry> Entries)
{
    public const string FileName = "MANIFEST";

    public sealed record Entry(string Hash, long Size, string Name);

    public byte[] Bytes => Encoding.UTF8.GetBytes(string.Concat(Entries.Select(e => $"{e.Hash}  {e.Size}  {e.Name}\n")));

    public string Version => Convert.ToHexStringLower(SHA256.HashData(Bytes));

    public static async Task<Manifest> OfAsync(string folder, IEnumerable<string> names, CancellationToken cancellationToken)
    {
        var entries = new List<Entry>();
        foreach (var name in names.Order(StringComparer.Ordinal))
        {
            await using var stream = File.OpenRead(Path.Combine(folder, name));
            var hash = await SHA256.HashDataAsync(stream, cancellationToken);
            entries.Add(new Entry(Convert.ToHexStringLower(hash), stream.Length, name));
        }
        return new Manifest(entries);
    }

    /// <returns>The manifest; null when the text is none.</returns>
    public static Manifest? TryParse(string text)
    {
        var entries = new List<Entry>();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = line.Split("  ", 3);
            if (parts.Length != 3 || !long.TryParse(parts[1], out var size) || parts[2] != Path.GetFileName(parts[2]))
                return null;
            entries.Add(new Entry(parts[0], size, parts[2]));
        }
        return new Manifest(entries);
    }
}
