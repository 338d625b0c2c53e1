namespace Ddpm.Storage.Tests;

/// <summary>A folder that goes with the test.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder() => Path = Directory.CreateTempSubdirectory("ddpm-storage-").FullName;

    public string Path { get; }

    public StorageOptions Options => new() { Root = Path };

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
