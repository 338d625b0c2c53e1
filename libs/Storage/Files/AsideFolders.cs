namespace Ddpm.Storage.Files;

/// <summary>Folders beside what everyone sees, which hold what is not whole yet, or not any more, until a rename or their removal.</summary>
internal sealed class AsideFolders(string parent, string prefix, TimeProvider time)
{
    /// <returns>A path that nothing has.</returns>
    public string Next() => Path.Combine(parent, $"{prefix}{Guid.NewGuid():N}");

    /// <summary>Removes those of lost processes, and none that another process may be filling at this moment.</summary>
    public void RemoveAbandoned()
    {
        if (!Directory.Exists(parent))
            return;
        var abandonedBefore = time.GetUtcNow().UtcDateTime - AtomicFile.AbandonedAfter;
        foreach (var aside in Directory.EnumerateDirectories(parent, prefix + "*"))
        {
            if (LastWrite(aside) < abandonedBefore)
                Remove(aside);
        }
    }

    /// <summary>Removes a folder with what it holds; one that is gone meanwhile is left alone.</summary>
    public static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Renamed to where it belongs, or removed by another process.
        }
    }

    // The folder's own time is when its newest file was begun, which for a large one may be long ago.
    private static DateTime LastWrite(string folder)
    {
        try
        {
            return new DirectoryInfo(folder).EnumerateFiles().Select(file => file.LastWriteTimeUtc).Append(Directory.GetLastWriteTimeUtc(folder)).Max();
        }
        catch (DirectoryNotFoundException)
        {
            return DateTime.MaxValue;
        }
    }
}
