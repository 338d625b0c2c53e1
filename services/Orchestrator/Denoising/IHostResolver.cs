using System.Net;

namespace Ddpm.Orchestrator.Denoising;

/// <summary>Says which IP addresses a host name stands for at this moment.</summary>
internal interface IHostResolver
{
    /// <summary>All addresses of a name, in any order; none if it has none.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The name is unknown, or nobody could be asked.</exception>
    Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken);
}

/// <summary>Asks the system, which asks its hosts file and DNS.</summary>
internal sealed class SystemHostResolver : IHostResolver
{
    public Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) => Dns.GetHostAddressesAsync(host, cancellationToken);
}
