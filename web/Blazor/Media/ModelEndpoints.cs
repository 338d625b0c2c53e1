using System.Text.RegularExpressions;
using Ddpm.V1;
using Ddpm.Web.Backend;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;

namespace Ddpm.Web.Media;

/// <summary>Model versions over HTTP, as zips. Names from the address go to the Trainer alone, as names of the contract; none is a path here.</summary>
public static partial class ModelEndpoints
{
    public static void MapModels(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapGet("/media/models/{model}/{version}.zip", ServeAsync).WithMetadata(new SkipStatusCodePagesAttribute());

    private static async Task ServeAsync(string model, string version, ClusterClients cluster, HttpContext http)
    {
        http.Response.Headers.CacheControl = MediaEndpoints.Never;
        http.Response.Headers.XContentTypeOptions = "nosniff";
        if (!Name().IsMatch(model) || !VersionOrAlias().IsMatch(version))
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        try
        {
            using var export = cluster.Models.ExportModel(
                new ExportModelRequest { Model = model, Version = version }, new CallOptions(cancellationToken: http.RequestAborted));
            if (!await export.ResponseStream.MoveNext(http.RequestAborted))
            {
                http.Response.StatusCode = StatusCodes.Status502BadGateway;
                return;
            }
            http.Response.ContentType = "application/zip";
            http.Response.Headers.ContentDisposition = $"attachment; filename={model}-{(version.Length == 64 ? version[..10] : version)}.zip";
            // All bytes of a file are written without blocking; the few after it, ZipArchive of .NET 10 writes synchronously.
            if (http.Features.Get<IHttpBodyControlFeature>() is { } body)
                body.AllowSynchronousIO = true;
            await ModelArchive.WriteAsync(export.ResponseStream, http.Response.Body, http.RequestAborted);
        }
        catch (RpcException e) when (!http.Response.HasStarted)
        {
            http.Response.Headers.ContentDisposition = default;
            http.Response.ContentType = null;
            http.Response.StatusCode = MediaEndpoints.StatusOf(e.StatusCode);
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            // Half a zip must not look like a whole one.
            http.Abort();
        }
    }

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{0,62}\z")]
    private static partial Regex Name();

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{0,63}\z")]
    private static partial Regex VersionOrAlias();
}
