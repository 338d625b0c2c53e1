namespace Ddpm.Denoiser.Tests;

internal sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder() => FullName = Directory.CreateTempSubdirectory("ddpm-denoiser-").FullName;

    public string FullName { get; }

    public void Dispose() => Directory.Delete(FullName, recursive: true);
}
