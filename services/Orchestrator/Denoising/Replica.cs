using System.Net;
using System.Net.Sockets;

namespace Ddpm.Orchestrator.Denoising;

/// <summary>One process that answers at a configured address.</summary>
/// <param name="Address">The address as it is configured.</param>
/// <param name="Ip">Which of those that the address's host stands for; null where the host is no name, and the address is one process.</param>
internal sealed record Replica(Uri Address, IPAddress? Ip)
{
    /// <summary>What it listens on: two replicas that listen on the same are one process under two names.</summary>
    public string Listener => $"{Address.Scheme} {Ip?.ToString() ?? Address.DnsSafeHost} {Address.Port} {Address.AbsolutePath}";

    /// <summary>Whether an address may stand for several processes: its host is a name, neither an IP address nor a socket's path.</summary>
    public static bool MayBeSeveral(Uri address) =>
        address.Scheme is "http" or "https" && address.HostNameType is not (UriHostNameType.IPv4 or UriHostNameType.IPv6);

    /// <summary>
    /// The replicas that an answer names, each once, in an order that is always the same. A process that listens on both families is one replica: IPv4
    /// addresses are taken where there are any, and IPv6 ones otherwise.
    /// </summary>
    public static IEnumerable<Replica> Of(Uri address, IReadOnlyCollection<IPAddress> answer)
    {
        var family = answer.Any(ip => ip.AddressFamily == AddressFamily.InterNetwork) ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
        return answer
            .Where(ip => ip.AddressFamily == family)
            .Distinct()
            .OrderBy(ip => Convert.ToHexString(ip.GetAddressBytes()), StringComparer.Ordinal)
            .Select(ip => new Replica(address, ip));
    }

    public override string ToString() => Ip is null ? $"{Address}" : $"{Address} ({Ip})";
}
