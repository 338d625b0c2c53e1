using System.Net;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Ddpm.Hosting;

/// <summary>Opens the addresses of <see cref="ListenOptions"/>: gRPC on HTTP/2 alone, since clear text cannot negotiate a version.</summary>
internal sealed class ConfigureKestrel(IOptions<ListenOptions> listen) : IConfigureOptions<KestrelServerOptions>
{
    public void Configure(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        if (listen.Value.Grpc is { } grpc)
            Listen(kestrel, grpc, HttpProtocols.Http2);
        if (listen.Value.Socket is { } socket)
        {
            ListeningSocket.MakeWay(socket);
            kestrel.ListenUnixSocket(socket, options => options.Protocols = HttpProtocols.Http2);
        }
        if (listen.Value.Web is { } web)
            Listen(kestrel, web, web.Scheme == Uri.UriSchemeHttps ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http1);
    }

    private static void Listen(KestrelServerOptions kestrel, Uri address, HttpProtocols protocols)
    {
        void Endpoint(Microsoft.AspNetCore.Server.Kestrel.Core.ListenOptions options)
        {
            options.Protocols = protocols;
            if (address.Scheme == Uri.UriSchemeHttps)
                options.UseHttps();
        }

        if (IPAddress.TryParse(address.DnsSafeHost, out var ip))
            kestrel.Listen(ip, address.Port, Endpoint);
        else
            kestrel.ListenLocalhost(address.Port, Endpoint);
    }
}
