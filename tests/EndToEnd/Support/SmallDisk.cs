using System.Diagnostics;

namespace Ddpm.EndToEnd.Tests.Support;

/// <summary>A file system of a few megabytes that can be filled up; needs the right to mount one.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly TemporaryFolder _mountPoint = new();

    private SmallDisk()
    {
    }

    public string Path => _mountPoint.Path;

    private string Filler => _mountPoint.Resolve(".filler");

    /// <summary>Mounts one, or skips the test, saying why.</summary>
    public static SmallDisk MountOrSkip(int megabytes)
    {
        var disk = new SmallDisk();
        var (exitCode, error) = Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", disk.Path);
        if (exitCode == 0)
            return disk;
        disk._mountPoint.Dispose();
        Assert.Skip($"A full disk needs a small file system, and mounting one is not permitted here: {error.Trim()}");
        throw new UnreachableException();
    }

    /// <summary>Takes every free byte.</summary>
    public void Fill()
    {
        using var file = new FileStream(Filler, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            var block = new byte[4096];
            while (true)
                file.Write(block);
        }
        catch (IOException)
        {
            // Full.
        }
    }

    /// <summary>Gives back what <see cref="Fill"/> took.</summary>
    public void Free() => File.Delete(Filler);

    public void Dispose()
    {
        Run("umount", "--lazy", Path);
        _mountPoint.Dispose();
    }

    private static (int ExitCode, string Error) Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, error);
    }
}
