using System.IO.Compression;

namespace Ddpm.Cli.DataSets;

/// <summary>What is uploaded for a path: the file itself, or a folder as a zip that goes when it is closed.</summary>
internal static class PackedFolder
{
    /// <exception cref="CommandException">There is nothing at the path.</exception>
    public static FileStream Open(string path, CancellationToken cancelled)
    {
        if (File.Exists(path))
            return File.OpenRead(path);
        if (!Directory.Exists(path))
            throw new CommandException(ExitCodes.NotFound, $"There is no file or folder {Path.GetFullPath(path)}.");
        var zip = new FileStream(
            Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);
        try
        {
            Pack(path, zip, cancelled);
            zip.Position = 0;
            return zip;
        }
        catch
        {
            zip.Dispose();
            throw;
        }
    }

    private static void Pack(string folder, FileStream zip, CancellationToken cancelled)
    {
        using var archive = new ZipArchive(zip, ZipArchiveMode.Create, leaveOpen: true);
        foreach (var file in Directory.EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true }).Order(StringComparer.Ordinal))
        {
            cancelled.ThrowIfCancellationRequested();
            // Images are compressed already.
            archive.CreateEntryFromFile(file, Path.GetRelativePath(folder, file).Replace(Path.DirectorySeparatorChar, '/'), CompressionLevel.NoCompression);
        }
    }
}
