using Microsoft.Extensions.Options;

namespace Ddpm.Trainer.Data;

/// <summary>Data sets that lie on the Trainer's machine: folders below <see cref="TrainerOptions.DataRoot"/>, or where Debian's packages put them.</summary>
public sealed class LocalDataSets(IOptions<TrainerOptions> options)
{
    private const string DebianRoot = "/usr/share/datasets";

    /// <summary>Names of the folders that may hold one.</summary>
    public IEnumerable<string> Names() =>
        Roots().Where(Directory.Exists)
            .SelectMany(Directory.EnumerateDirectories)
            .Select(folder => Path.GetFileName(folder))
            .Where(DataSetName.IsValid)
            .Distinct(StringComparer.Ordinal);

    /// <returns>The folder; null when there is none.</returns>
    public string? Find(string name) => Candidates(name).FirstOrDefault(Directory.Exists);

    /// <summary>Where a data set of that name is looked for.</summary>
    public IEnumerable<string> Candidates(string name) => Roots().Select(root => Path.Combine(root, name));

    /// <summary>Changes when a file of the folder is added, removed or written to.</summary>
    public static string Stamp(string folder)
    {
        var files = new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).ToList();
        var newest = files.Count == 0 ? 0 : files.Max(file => file.LastWriteTimeUtc.Ticks);
        return $"{folder} {files.Count} {files.Sum(file => file.Length)} {newest}";
    }

    private IEnumerable<string> Roots() => options.Value.DataRoot is { Length: > 0 } root ? [Path.GetFullPath(root), DebianRoot] : [DebianRoot];
}
