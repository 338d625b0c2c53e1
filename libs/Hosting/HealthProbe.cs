using System.Net;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.Extensions.Configuration;

namespace Ddpm.Hosting;

/// <summary>Asks the process that listens at the configured address how it is: the health check of a container without a shell.</summary>
internal static class HealthProbe
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <returns>0 when it serves, 1 otherwise.</returns>
    public static async Task<int> RunAsync(IConfiguration configuration, ListenOptions defaults)
    {
        var grpc = configuration.GetValue<Uri?>($"{ListenOptions.Section}:{nameof(ListenOptions.Grpc)}") ?? defaults.Grpc;
        var web = configuration.GetValue<Uri?>($"{ListenOptions.Section}:{nameof(ListenOptions.Web)}") ?? defaults.Web;
        try
        {
            var healthy = grpc is not null ? await GrpcServesAsync(Reachable(grpc)) : await WebServesAsync(Reachable(web!));
            return healthy ? 0 : 1;
        }
        catch (Exception e) when (e is RpcException or HttpRequestException or OperationCanceledException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
    }

    private static async Task<bool> GrpcServesAsync(Uri address)
    {
        using var channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = OwnCertificateAccepted() });
        var reply = await new Health.HealthClient(channel)
            .CheckAsync(new HealthCheckRequest(), deadline: TimeProvider.System.GetUtcNow().UtcDateTime + Patience);
        return reply.Status == HealthCheckResponse.Types.ServingStatus.Serving;
    }

    private static async Task<bool> WebServesAsync(Uri address)
    {
        using var client = new HttpClient(OwnCertificateAccepted()) { BaseAddress = address, Timeout = Patience };
        using var reply = await client.GetAsync("/");
        return reply.IsSuccessStatusCode || reply.StatusCode == HttpStatusCode.Unauthorized;
    }

    // The probe talks to this very container, whose certificate names another host.
    private static SocketsHttpHandler OwnCertificateAccepted() =>
        new() { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } };

    private static Uri Reachable(Uri listening) =>
        IPAddress.TryParse(listening.DnsSafeHost, out var ip) && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any))
            ? new UriBuilder(listening) { Host = "127.0.0.1" }.Uri
            : listening;
}
