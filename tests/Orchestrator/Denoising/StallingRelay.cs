using System.Net;
using System.Net.Sockets;

namespace Ddpm.Orchestrator.Tests.Denoising;

/// <summary>
/// Passes connections on to another address, until it stalls: then they stay open, new ones are taken, and nothing comes through, as with a process that
/// is stopped.
/// </summary>
internal sealed class StallingRelay : IDisposable
{
    private readonly TcpListener _listener;
    private readonly IPEndPoint _to;
    private readonly CancellationTokenSource _end = new();
    private volatile TaskCompletionSource _flowing = new();

    public StallingRelay(IPEndPoint at, IPEndPoint to)
    {
        _to = to;
        _flowing.SetResult();
        _listener = new TcpListener(at);
        _listener.Start();
        _ = AcceptAsync();
    }

    public void Stall() => _flowing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Resume() => _flowing.TrySetResult();

    public void Dispose()
    {
        _end.Cancel();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_end.IsCancellationRequested)
            _ = PassOnAsync(await _listener.AcceptSocketAsync(_end.Token));
    }

    private async Task PassOnAsync(Socket near)
    {
        using var far = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using (near)
        {
            await far.ConnectAsync(_to, _end.Token);
            await Task.WhenAny(CopyAsync(near, far), CopyAsync(far, near));
        }
    }

    private async Task CopyAsync(Socket from, Socket to)
    {
        var buffer = new byte[16 * 1024];
        while (await from.ReceiveAsync(buffer, _end.Token) is > 0 and var count)
        {
            await _flowing.Task.WaitAsync(_end.Token);
            await to.SendAsync(buffer.AsMemory(0, count), _end.Token);
        }
    }
}
