using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Ddpm.Hosting;

/// <summary>
/// Leaves it to gRPC how large a request may be. Kestrel's own limit, 30 MB for a whole body, would end a call whose message is well within
/// <see cref="ServiceDefaults.MaximumMessageBytes"/>; gRPC reads no further than its limit either.
/// </summary>
internal static class LargeMessages
{
    /// <summary>Middleware around the services.</summary>
    public static Task LetThroughAsync(HttpContext context, RequestDelegate next)
    {
        var isGrpc = context.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) is true;
        if (isGrpc && context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = null;
        return next(context);
    }
}
