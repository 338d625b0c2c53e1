using System.Text.RegularExpressions;
using Ddpm.Protocol;
using Ddpm.V1;
using Ddpm.Web.Backend;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;

namespace Ddpm.Web.Media;

/// <summary>Model versions over HTTP, as zips and as ONNX. Names from the address go to the Trainer alone, as names of the contract; none is a path here.</summary>
public static partial class ModelEndpoints
{
    public static void MapModels(this IEndpointRouteBuilder endpoints)
    {
        var versions = endpoints.MapGroup("/media/models/{model}").WithMetadata(new SkipStatusCodePagesAttribute());

        versions.MapGet("/{version}.zip", (string model, string version, ClusterClients cluster, HttpContext http) =>
            ServeAsync(model, version, ExportFormat.Folder, cluster, http));

        versions.MapGet("/{version}.onnx", (string model, string version, ClusterClients cluster, HttpContext http) =>
            ServeAsync(model, version, ExportFormat.Onnx, cluster, http));
    }

    private static async Task ServeAsync(string model, string version, ExportFormat format, ClusterClients cluster, HttpContext http)
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
                new ExportModelRequest { Model = model, Version = version, Format = format }, new CallOptions(cancellationToken: http.RequestAborted));
            if (!await export.ResponseStream.MoveNext(http.RequestAborted))
            {
                http.Response.StatusCode = StatusCodes.Status502BadGateway;
                return;
            }
            var name = $"{model}-{(version.Length == 64 ? version[..10] : version)}";
            if (format == ExportFormat.Onnx)
                await WriteOnnxAsync(export.ResponseStream, name, http);
            else
                await WriteZipAsync(export.ResponseStream, name, http);
        }
        catch (RpcException e) when (!http.Response.HasStarted)
        {
            http.Response.Headers.ContentDisposition = default;
            http.Response.ContentType = null;
            http.Response.ContentLength = null;
            http.Response.StatusCode = MediaEndpoints.StatusOf(e.StatusCode);
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            // Half a file must not look like a whole one.
            http.Abort();
        }
    }

    private static async Task WriteZipAsync(IAsyncStreamReader<ExportModelResponse> parts, string name, HttpContext http)
    {
        http.Response.ContentType = "application/zip";
        http.Response.Headers.ContentDisposition = $"attachment; filename={name}.zip";
        // All bytes of a file are written without blocking; the few after it, ZipArchive of .NET 10 writes synchronously.
        if (http.Features.Get<IHttpBodyControlFeature>() is { } body)
            body.AllowSynchronousIO = true;
        await ModelArchive.WriteAsync(parts, http.Response.Body, http.RequestAborted);
    }

    private static async Task WriteOnnxAsync(IAsyncStreamReader<ExportModelResponse> parts, string name, HttpContext http)
    {
        http.Response.ContentType = "application/octet-stream";
        http.Response.ContentLength = parts.Current.File?.SizeBytes ?? throw RpcErrors.DataLoss("The Trainer sent bytes of no file.");
        http.Response.Headers.ContentDisposition = $"attachment; filename={name}.onnx";
        while (await parts.MoveNext(http.RequestAborted))
            await http.Response.Body.WriteAsync(parts.Current.Chunk.Memory, http.RequestAborted);
    }

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{0,62}\z")]
    private static partial Regex Name();

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{0,63}\z")]
    private static partial Regex VersionOrAlias();
}
