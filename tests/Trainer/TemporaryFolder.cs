namespace Ddpm.Trainer;

/// <summary>A folder that goes with the test.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("ddpm-trainer-").FullName;

    /// <summary>Copies everything as it lies there now, but for what is being written aside: what a power cut would leave.</summary>
    public TemporaryFolder Copy()
    {
        var copy = new TemporaryFolder();
        foreach (var directory in Directory.EnumerateDirectories(Path, "*", SearchOption.AllDirectories))
            Directory.CreateDirectory(directory.Replace(Path, copy.Path));
        foreach (var file in Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".lock") && !System.IO.Path.GetFileName(file).StartsWith('.')))
            File.Copy(file, file.Replace(Path, copy.Path));
        return copy;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
