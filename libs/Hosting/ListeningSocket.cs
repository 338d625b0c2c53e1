using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Ddpm.Hosting;

/// <summary>The file of <see cref="ListenOptions.Socket"/>: nobody but its owner may connect.</summary>
internal sealed class ListeningSocket(IOptions<ListenOptions> listen) : IHostedLifecycleService
{
    /// <summary>Removes the file of a process that is no more. One that answers keeps it, and listening there will fail.</summary>
    /// <exception cref="StartRefusedException">Something else lies there.</exception>
    public static void MakeWay(string path)
    {
        if (!File.Exists(path))
            return;
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused && IsSocket(path))
        {
            File.Delete(path);
        }
        catch (SocketException)
        {
            throw new StartRefusedException($"{ListenOptions.Section}:{nameof(ListenOptions.Socket)} is '{path}', where something else lies.");
        }
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        if (listen.Value.Socket is { } path && !OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Files that hold something are none; sockets have no length.</summary>
    private static bool IsSocket(string path) => new FileInfo(path).Length == 0;
}
