namespace Ddpm.Storage.Files;

/// <summary>Held by the one process that may use a set of files; the system lets go of it when the process ends, however it ends.</summary>
public sealed class ExclusiveFile : IDisposable
{
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromMilliseconds(10);

    private readonly FileStream _stream;

    private ExclusiveFile(FileStream stream) => _stream = stream;

    /// <exception cref="StorageInUseException">Another process holds it.</exception>
    public static ExclusiveFile Acquire(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        try
        {
            return new ExclusiveFile(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e) when (File.Exists(path) && e is not FileNotFoundException and not DirectoryNotFoundException)
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
