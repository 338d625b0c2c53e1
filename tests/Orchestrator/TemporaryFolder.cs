namespace Ddpm.Orchestrator.Tests;

/// <summary>A folder that goes with the test.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("ddpm-orchestrator-").FullName;

    /// <summary>Copies everything as it lies there now: what a power cut would leave.</summary>
    public TemporaryFolder Copy()
    {
        var copy = new TemporaryFolder();
        foreach (var directory in Directory.EnumerateDirectories(Path, "*", SearchOption.AllDirectories))
            Directory.CreateDirectory(directory.Replace(Path, copy.Path));
        foreach (var file in Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith(".lock")))
            File.Copy(file, file.Replace(Path, copy.Path));
        return copy;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
