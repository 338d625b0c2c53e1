namespace Ddpm.Storage.Files;

/// <summary>Writes a file so that a reader, or a restart after a crash, sees all of it or none: aside, synced, renamed.</summary>
public static class AtomicFile
{
    /// <summary>Longer than any write takes: what nobody has written to for so long was left by a process that died.</summary>
    public static readonly TimeSpan AbandonedAfter = TimeSpan.FromHours(1);

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
            DeleteIfThere(aside);
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

    /// <summary>Removes what interrupted writes left in a folder and below, and nothing that another process may be writing at this moment.</summary>
    public static void RemoveLeftovers(string directory, TimeProvider time)
    {
        if (!Directory.Exists(directory))
            return;
        var abandonedBefore = time.GetUtcNow().UtcDateTime - AbandonedAfter;
        foreach (var leftover in Directory.EnumerateFiles(directory, $".*{AsideSuffix}", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None }))
        {
            // Of a file that is gone meanwhile the time is of the year 1601.
            if (File.GetLastWriteTimeUtc(leftover) < abandonedBefore)
                DeleteIfThere(leftover);
        }
    }

    private static void DeleteIfThere(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (DirectoryNotFoundException)
        {
            // Another process has removed its folder.
        }
    }
}
