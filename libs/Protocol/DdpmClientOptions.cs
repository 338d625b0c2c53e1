using System.Net;

namespace Ddpm.Protocol;

/// <summary>How a <see cref="DdpmClient"/> connects.</summary>
public sealed record DdpmClientOptions
{
    /// <summary>Key sent as a bearer token with every call. Default: none. Loopback needs none.</summary>
    public string? ApiKey { get; init; }

    /// <summary>Largest message taken or sent, in bytes. Default: 64 MiB.</summary>
    public int MaximumMessageBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>
    /// The one replica to connect to where the address's host is a name that stands for several: connections go straight to this IP address, past any
    /// proxy, and port, <c>:authority</c> and what TLS asks the certificate for stay the address's. Ignored for a Unix domain socket. Default: null, any
    /// address that the host resolves to.
    /// </summary>
    public IPAddress? ConnectTo { get; init; }

    /// <summary>
    /// How long one try to connect may take. More than zero, or <see cref="Timeout.InfiniteTimeSpan"/>; anything else is an
    /// <see cref="ArgumentOutOfRangeException"/> of <see cref="DdpmClient.Connect"/>. Default: infinite, which leaves it to the system, some two minutes.
    /// </summary>
    public TimeSpan ConnectTimeout { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// How long a connection may be silent before the server is asked for a sign of life, by an HTTP/2 ping, whether or not a call is open. At least 1 s,
    /// or <see cref="Timeout.InfiniteTimeSpan"/> for never; anything else is an <see cref="ArgumentOutOfRangeException"/> of
    /// <see cref="DdpmClient.Connect"/>. Default: 30 s.
    /// </summary>
    public TimeSpan KeepAlivePingDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long after such a ping a server that stays silent is given up: its connection is closed and every call on it ends with UNAVAILABLE. At least
    /// 1 s, or <see cref="Timeout.InfiniteTimeSpan"/> for never; anything else is an <see cref="ArgumentOutOfRangeException"/> of
    /// <see cref="DdpmClient.Connect"/>. Default: 15 s.
    /// </summary>
    public TimeSpan KeepAlivePingTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Longest wait between two tries to take up a broken watch. Default: 5 s.</summary>
    public TimeSpan MaximumReconnectDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a watch may fail without one event in between before it gives up. Default: 2 minutes.</summary>
    public TimeSpan ReconnectTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Source of time. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
