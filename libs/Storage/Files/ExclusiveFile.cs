namespace Ddpm.Storage.Files;

/// <summary>Held by the one process that may use a set of files; the system lets go of it when the process ends, however it ends.</summary>
public sealed class ExclusiveFile : IDisposable
{
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromMilliseconds(10);

    // EWOULDBLOCK of Linux and of macOS, ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION, as .NET puts them in HResult.
    private static readonly int[] Held = [11, 35, unchecked((int)0x80070020), unchecked((int)0x80070021)];

    private readonly FileStream _stream;

    private ExclusiveFile(FileStream stream) => _stream = stream;

    /// <exception cref="StorageInUseException">Another process holds it.</exception>
    /// <exception cref="IOException">It could not be opened for another reason: a disk that is full or read only, …</exception>
    public static ExclusiveFile Acquire(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        try
        {
            return new ExclusiveFile(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e) when (Held.Contains(e.HResult))
        {
            throw new StorageInUseException(
                $"Another process uses {Path.GetDirectoryName(path)}: stop it, or keep this one's data elsewhere (Storage:Root).", e);
        }
    }

    /// <summary>Waits until no other process holds it.</summary>
    public static async Task<ExclusiveFile> WaitAsync(string path, TimeProvider time, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return Acquire(path);
            }
            catch (StorageInUseException)
            {
                await Task.Delay(TryAgainAfter, time, cancellationToken);
            }
        }
    }

    public void Dispose() => _stream.Dispose();
}
