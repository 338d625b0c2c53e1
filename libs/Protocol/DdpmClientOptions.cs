namespace Ddpm.Protocol;

/// <summary>How a <see cref="DdpmClient"/> connects.</summary>
public sealed record DdpmClientOptions
{
    /// <summary>Key sent as a bearer token with every call. Default: none. Loopback needs none.</summary>
    public string? ApiKey { get; init; }

    /// <summary>Largest message taken or sent, in bytes. Default: 64 MiB.</summary>
    public int MaximumMessageBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Longest wait between two tries to take up a broken watch. Default: 5 s.</summary>
    public TimeSpan MaximumReconnectDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a watch may fail without one event in between before it gives up. Default: 2 minutes.</summary>
    public TimeSpan ReconnectTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Source of time. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
