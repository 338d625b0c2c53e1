namespace Ddpm.Trainer.Data.Sources;

/// <summary>A folder and what is below it; hidden files and links are passed over.</summary>
internal sealed class FolderSource : DataSource
{
    private static readonly EnumerationOptions Enumeration = new()
    {
        RecurseSubdirectories = true,
        AttributesToSkip = FileAttributes.Hidden | FileAttributes.System | FileAttributes.ReparsePoint,
    };

    public FolderSource(string folder) =>
        Files =
        [
            .. new DirectoryInfo(folder).EnumerateFiles("*", Enumeration)
                .Select(file => new SourceFile(
                    Path.GetRelativePath(folder, file.FullName).Replace(Path.DirectorySeparatorChar, '/'), file.Length, () => file.OpenRead()))
                .OrderBy(file => file.Name, StringComparer.Ordinal),
        ];

    public override IReadOnlyList<SourceFile> Files { get; }
}
