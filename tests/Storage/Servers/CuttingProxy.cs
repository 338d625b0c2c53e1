using System.Net;
using System.Net.Sockets;

namespace Ddpm.Storage.Tests.Servers;

/// <summary>Stands before a server on a port of loopback and, when it is told to, cuts connections in the middle of an answer.</summary>
public sealed class CuttingProxy : IAsyncDisposable
{
    private readonly Uri _server;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _accepting;
    private int _cutsLeft;
    private int _cutAfter;

    public CuttingProxy(string server)
    {
        _server = new Uri(server);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Address => $"http://{_listener.LocalEndpoint}";

    /// <summary>How many more connections are cut.</summary>
    public int CutsLeft => Volatile.Read(ref _cutsLeft);

    /// <summary>Cuts the next connections that carry more than so many bytes to the client since now.</summary>
    public void Cut(int answers, int afterBytes)
    {
        _cutAfter = afterBytes;
        Volatile.Write(ref _cutsLeft, answers);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
                connections.Add(ForwardAsync(await _listener.AcceptTcpClientAsync(_stopping.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ForwardAsync(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            try
            {
                await server.ConnectAsync(_server.Host, _server.Port, _stopping.Token);
                await Task.WhenAny(client.GetStream().CopyToAsync(server.GetStream(), _stopping.Token), AnswerAsync(server.GetStream(), client.GetStream()));
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
            {
                // One side has gone, and with it the connection.
            }
        }
    }

    private async Task AnswerAsync(NetworkStream server, NetworkStream client)
    {
        var buffer = new byte[16 * 1024];
        var sent = 0L;
        while (await server.ReadAsync(buffer, _stopping.Token) is > 0 and var count)
        {
            sent = CutsLeft > 0 ? sent + count : 0;
            if (sent > _cutAfter && CutsLeft > 0)
            {
                Interlocked.Decrement(ref _cutsLeft);
                return;
            }
            await client.WriteAsync(buffer.AsMemory(0, count), _stopping.Token);
        }
    }
}
