using System.Net;
using System.Net.Sockets;

namespace Ddpm.Protocol;

/// <summary>Makes what opens the connections of a <see cref="DdpmClient"/>, and notices when one has died.</summary>
internal static class ConnectionHandler
{
    public static SocketsHttpHandler For(Uri address, DdpmClientOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true,
            ConnectTimeout = options.ConnectTimeout,
            // Pings go whether or not a call is open, so that the first call after a quiet hour does not meet a dead connection.
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
            KeepAlivePingDelay = options.KeepAlivePingDelay,
            KeepAlivePingTimeout = options.KeepAlivePingTimeout,
        };
        if (DdpmClient.IsSocket(address))
        {
            var path = new UnixDomainSocketEndPoint(address.LocalPath);
            handler.ConnectCallback = (_, cancellationToken) => ConnectAsync(UnixSocket(), path, cancellationToken);
        }
        else if (options.ConnectTo is { } ip)
        {
            // Through a proxy it would be the proxy's choice where the name leads.
            handler.UseProxy = false;
            handler.ConnectCallback = (context, cancellationToken) =>
                ConnectAsync(TcpSocket(ip), new IPEndPoint(ip, context.DnsEndPoint.Port), cancellationToken);
        }
        return handler;
    }

    private static Socket UnixSocket() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    private static Socket TcpSocket(IPAddress ip) => new(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    private static async ValueTask<Stream> ConnectAsync(Socket socket, EndPoint to, CancellationToken cancellationToken)
    {
        try
        {
            await socket.ConnectAsync(to, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
