using Grpc.Core;

namespace Ddpm.Hosting;

/// <summary>Who calls.</summary>
public static class Tenant
{
    /// <summary>The caller's name: a fingerprint of its API key, from which the key cannot be found; empty where none is asked for.</summary>
    public static string Of(ServerCallContext context) => context.GetHttpContext().User.Identity?.Name ?? "";
}
