using Ddpm.Hosting;
using Ddpm.Networks;
using Ddpm.Protocol;
using Ddpm.Safetensors;
using Ddpm.Storage.Models;
using Ddpm.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Ddpm.Trainer.Registry;

/// <summary>Sends the files of a version in chunks, or its network as ONNX, after the files' hashes have been verified.</summary>
internal sealed class ModelExport(IModelRegistry models, OnnxConversion conversion)
{
    private const int ChunkBytes = 1 << 20;
    private const string OnnxFileName = "model.onnx";

    public async Task SendAsync(ExportModelRequest request, IServerStreamWriter<ExportModelResponse> parts, CancellationToken cancellationToken)
    {
        if (!Enum.IsDefined(request.Format))
            throw RpcErrors.Invalid("format", $"must be EXPORT_FORMAT_FOLDER or EXPORT_FORMAT_ONNX; is {(int)request.Format}");
        var wanted = request.Version.Length == 0 ? ModelName.Latest : request.Version;
        try
        {
            var version = await models.ResolveAsync(request.Model, wanted, cancellationToken)
                ?? throw RpcErrors.NotFound($"There is no version '{wanted}' of a model '{request.Model}'.");
            var folder = await models.OpenAsync(version.Model, version.Version, cancellationToken);
            if (request.Format == ExportFormat.Onnx)
                await SendOnnxAsync(folder, version, parts, cancellationToken);
            else
                await SendFolderAsync(folder, parts, cancellationToken);
        }
        catch (ModelCorruptException e)
        {
            throw RpcErrors.FailedPrecondition(e.Message);
        }
        catch (Exception e) when (e is InvalidModelException or FileNotFoundException)
        {
            throw RpcErrors.FailedPrecondition($"The files of {request.Model}@{wanted} are not those that were published: they cannot be read.");
        }
        catch (ModelNotFoundException e)
        {
            throw RpcErrors.NotFound(e.Message);
        }
    }

    private static async Task SendFolderAsync(string folder, IServerStreamWriter<ExportModelResponse> parts, CancellationToken cancellationToken)
    {
        foreach (var name in VersionFiles.Names.Where(name => File.Exists(Path.Combine(folder, name))))
        {
            await using var file = new FileStream(
                Path.Combine(folder, name), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, useAsync: true);
            await SendAsync(name, file, parts, cancellationToken);
        }
    }

    private async Task SendOnnxAsync(string folder, StoredVersion version, IServerStreamWriter<ExportModelResponse> parts, CancellationToken cancellationToken)
    {
        await using var file = await ConvertAsync(folder, version, cancellationToken);
        await SendAsync(OnnxFileName, file, parts, cancellationToken);
    }

    private async Task<FileStream> ConvertAsync(string folder, StoredVersion version, CancellationToken cancellationToken)
    {
        try
        {
            return await conversion.MakeAsync(folder, cancellationToken);
        }
        catch (Exception e) when (e is CheckpointException or InvalidConfigException or SafetensorsException)
        {
            // Where the version lies is the server's own affair.
            var problem = e.Message.Replace($"{folder}: ", "", StringComparison.Ordinal).Replace($"{folder}{Path.DirectorySeparatorChar}", "", StringComparison.Ordinal);
            throw RpcErrors.FailedPrecondition($"{version.Model}@{version.Version} cannot be exported to ONNX: {problem}.");
        }
        catch (IOException e) when (DiskFull.Is(e))
        {
            throw RpcErrors.ResourceExhausted(DiskFull.Message, TimeSpan.FromMinutes(1));
        }
    }

    private static async Task SendAsync(string name, FileStream file, IServerStreamWriter<ExportModelResponse> parts, CancellationToken cancellationToken)
    {
        await parts.WriteAsync(new ExportModelResponse { File = new ModelFile { Name = name, SizeBytes = file.Length } }, cancellationToken);
        var chunk = new byte[ChunkBytes];
        for (int read; (read = await file.ReadAtLeastAsync(chunk, chunk.Length, throwOnEndOfStream: false, cancellationToken)) > 0;)
            await parts.WriteAsync(new ExportModelResponse { Chunk = ByteString.CopyFrom(chunk.AsSpan(0, read)) }, cancellationToken);
    }
}
