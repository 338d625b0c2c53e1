namespace Ddpm.Storage.Files;

/// <summary>Writes a file so that a reader, or a restart after a crash, sees all of it or none: aside, synced, renamed.</summary>
public static class AtomicFile
{
    private const string AsideSuffix = ".writing";

    /// <summary>Replaces or creates a file.</summary>
    /// <exception cref="IOException">It could not be written; the file is as it was.</exception>
    public static async Task WriteAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        var directory = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(directory);
        var aside = Path.Combine(directory, $".{Guid.NewGuid():N}{AsideSuffix}");
        try
        {
            await using (var stream = new FileStream(aside, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true))
            {
                await stream.WriteAsync(content, cancellationToken);
                stream.Flush(flushToDisk: true);
            }
            File.Move(aside, path, overwrite: true);
        }
        catch
        {
            File.Delete(aside);
            throw;
        }
    }

    /// <summary>Copies a file and syncs the copy; the target is not yet visible to anyone, so it needs no rename.</summary>
    internal static async Task CopySyncedAsync(string source, string target, CancellationToken cancellationToken)
    {
        await using var from = new FileStream(source, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, useAsync: true);
        await using var to = new FileStream(target, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16, useAsync: true);
        await from.CopyToAsync(to, cancellationToken);
        to.Flush(flushToDisk: true);
    }

    /// <summary>Removes what an interrupted write left in a folder and below.</summary>
    public static void RemoveLeftovers(string directory)
    {
        if (!Directory.Exists(directory))
            return;
        foreach (var leftover in Directory.EnumerateFiles(directory, $".*{AsideSuffix}", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None }))
            File.Delete(leftover);
    }
}
