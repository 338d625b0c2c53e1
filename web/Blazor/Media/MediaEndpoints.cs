using Ddpm.V1;
using Ddpm.Web.Backend;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Ddpm.Web.Media;

/// <summary>
/// Images over HTTP for the browser, fetched from the Orchestrator. What once exists never changes, so browsers may keep it for
/// good; what is not there (yet) is 404 and never kept.
/// </summary>
public static class MediaEndpoints
{
    private const string ForGood = "private, max-age=31536000, immutable";
    internal const string Never = "no-store";

    public static void MapMedia(this IEndpointRouteBuilder endpoints)
    {
        var jobs = endpoints.MapGroup("/media/jobs/{jobId:guid}").WithMetadata(new SkipStatusCodePagesAttribute());

        jobs.MapGet("/images/{trajectory:int:min(0)}.png", (Guid jobId, int trajectory, ClusterClients cluster, HttpContext http) =>
            ServeAsync(http, async options =>
                (await cluster.Orchestrator.GetImageAsync(new GetImageRequest { JobId = $"{jobId}", Trajectory = trajectory }, options)).Png, cluster));

        jobs.MapGet("/inputs/{sha256:length(64)}.png", (Guid jobId, string sha256, ClusterClients cluster, HttpContext http) =>
            ServeAsync(http, async options => (await cluster.Orchestrator.GetInputImageAsync(
                new GetInputImageRequest { Input = new JobInput { JobId = $"{jobId}", Sha256 = sha256 } }, options)).Png, cluster));

        jobs.MapGet("/grid.png", (Guid jobId, ClusterClients cluster, HttpContext http) =>
            ServeAsync(http, async options =>
                (await cluster.Orchestrator.GetImageGridAsync(new GetImageGridRequest { JobId = $"{jobId}" }, options)).Png, cluster));

        jobs.MapGet("/trajectories/{trajectory:int:min(0)}/frames/{step:int:min(0)}/noisy.png",
            (Guid jobId, int trajectory, int step, ClusterClients cluster, HttpContext http) =>
                ServeAsync(http, async options => (await FrameAsync(cluster, jobId, trajectory, step, options)).NoisyPng, cluster));

        jobs.MapGet("/trajectories/{trajectory:int:min(0)}/frames/{step:int:min(0)}/denoised.png",
            (Guid jobId, int trajectory, int step, ClusterClients cluster, HttpContext http) =>
                ServeAsync(http, async options => (await FrameAsync(cluster, jobId, trajectory, step, options)).DenoisedPng, cluster));

        jobs.MapGet("/trajectories/{trajectory:int:min(0)}/frames/{step:int:min(0)}/noise.png",
            (Guid jobId, int trajectory, int step, ClusterClients cluster, HttpContext http) =>
                ServeAsync(http, async options => (await FrameAsync(cluster, jobId, trajectory, step, options)).NoisePng, cluster));
    }

    private static async Task<GetFrameResponse> FrameAsync(ClusterClients cluster, Guid jobId, int trajectory, int step, CallOptions options) =>
        await cluster.Orchestrator.GetFrameAsync(new GetFrameRequest { JobId = $"{jobId}", Trajectory = trajectory, Step = step }, options);

    private static async Task<Results<FileContentHttpResult, StatusCodeHttpResult>> ServeAsync(
        HttpContext http, Func<CallOptions, Task<ByteString>> fetch, ClusterClients cluster)
    {
        http.Response.Headers.CacheControl = Never;
        try
        {
            var png = await fetch(cluster.Unary(http.RequestAborted));
            if (png.IsEmpty)
                return TypedResults.StatusCode(StatusCodes.Status404NotFound);
            http.Response.Headers.CacheControl = ForGood;
            http.Response.Headers.XContentTypeOptions = "nosniff";
            return TypedResults.File(png.ToByteArray(), "image/png");
        }
        catch (RpcException e)
        {
            return TypedResults.StatusCode(StatusOf(e.StatusCode));
        }
    }

    internal static int StatusOf(StatusCode code) => code switch
    {
        StatusCode.NotFound or StatusCode.InvalidArgument => StatusCodes.Status404NotFound,
        StatusCode.Unavailable => StatusCodes.Status503ServiceUnavailable,
        StatusCode.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
        StatusCode.Cancelled => StatusCodes.Status499ClientClosedRequest,
        _ => StatusCodes.Status502BadGateway,
    };
}
