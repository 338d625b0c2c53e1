using System.Diagnostics;
using Ddpm.Storage.Blobs;

namespace Ddpm.Storage.Tests.Servers;

/// <summary>An S3 server of its own on a free port of loopback, whose data lies in a temporary folder. <c>test.sh</c> installs what it needs.</summary>
public sealed class S3Server : IAsyncLifetime
{
    // The one account that s3rver has.
    private const string Account = "S3RVER";
    private const string Bucket = "blobs";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly TemporaryFolder _folder = new();
    private int _prefixes;
    private int _port;
    private Process? _process;

    /// <summary>Why there is no server; null when there is one.</summary>
    public static string? Missing => Directory.Exists(Package) ? null : $"{Package} is not there: ./test.sh installs it.";

    private static string Package { get; } = Path.Combine(RepositoryRoot(), ".tools", "s3rver", "node_modules", "s3rver");

    public async ValueTask InitializeAsync()
    {
        if (Missing is null)
            await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await KillAsync();
        _folder.Dispose();
    }

    /// <summary>Settings of a part of the bucket that is empty.</summary>
    public S3Options NewOptions() => new()
    {
        Endpoint = $"http://127.0.0.1:{_port}",
        Bucket = Bucket,
        AccessKey = Account,
        SecretKey = Account,
        Prefix = $"tests/{Interlocked.Increment(ref _prefixes)}",
    };

    /// <summary>Stops the server as a crash would, and starts it again at the same address.</summary>
    public async Task RestartAsync()
    {
        await KillAsync();
        await StartAsync();
    }

    /// <summary>Has the server do nothing, as one that hangs, until it is let go on.</summary>
    public Task PauseAsync() => SignalAsync("STOP");

    public Task ContinueAsync() => SignalAsync("CONT");

    private async Task StartAsync()
    {
        var script = Path.Combine(AppContext.BaseDirectory, "Servers", "s3-server.cjs");
        // Its continuation tokens are made with an old cipher.
        _process = Process.Start(new ProcessStartInfo("node", ["--openssl-legacy-provider", script, Package, _folder.Path, $"{_port}", Bucket])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var line = await _process.StandardOutput.ReadLineAsync().WaitAsync(Patience);
        _port = int.Parse(line.ShouldNotBeNull("it says what is wrong on standard error").Split(' ')[1]);
    }

    private async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync().WaitAsync(Patience);
        _process.Dispose();
    }

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{_process!.Id}"]);
        await kill.WaitForExitAsync().WaitAsync(Patience);
        kill.ExitCode.ShouldBe(0);
    }

    private static string RepositoryRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Ddpm.sln")))
                return folder.FullName;
        }
        throw new InvalidOperationException($"No Ddpm.sln in any folder above {AppContext.BaseDirectory}.");
    }
}
