using Ddpm.Protocol;
using Ddpm.Storage.Models;
using Ddpm.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Ddpm.Trainer.Registry;

/// <summary>Sends the files of a version in chunks, after their hashes have been verified.</summary>
internal sealed class ModelExport(IModelRegistry models)
{
    private const int ChunkBytes = 1 << 20;

    public async Task SendAsync(ExportModelRequest request, IServerStreamWriter<ExportModelResponse> parts, CancellationToken cancellationToken)
    {
        var version = await models.ResolveAsync(request.Model, request.Version, cancellationToken)
            ?? throw RpcErrors.NotFound($"There is no version '{(request.Version.Length == 0 ? ModelName.Latest : request.Version)}' of a model '{request.Model}'.");
        try
        {
            var folder = await models.OpenAsync(version.Model, version.Version, cancellationToken);
            foreach (var name in VersionFiles.Names.Where(name => File.Exists(Path.Combine(folder, name))))
                await SendAsync(Path.Combine(folder, name), parts, cancellationToken);
        }
        catch (ModelCorruptException e)
        {
            throw RpcErrors.FailedPrecondition(e.Message);
        }
        catch (ModelNotFoundException e)
        {
            throw RpcErrors.NotFound(e.Message);
        }
    }

    private static async Task SendAsync(string path, IServerStreamWriter<ExportModelResponse> parts, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, useAsync: true);
        await parts.WriteAsync(new ExportModelResponse { File = new ModelFile { Name = Path.GetFileName(path), SizeBytes = file.Length } }, cancellationToken);
        var chunk = new byte[ChunkBytes];
        for (int read; (read = await file.ReadAtLeastAsync(chunk, chunk.Length, throwOnEndOfStream: false, cancellationToken)) > 0;)
            await parts.WriteAsync(new ExportModelResponse { Chunk = ByteString.CopyFrom(chunk.AsSpan(0, read)) }, cancellationToken);
    }
}
