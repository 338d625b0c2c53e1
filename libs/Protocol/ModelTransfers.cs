using Ddpm.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Ddpm.Protocol;

/// <summary>Sends and receives the files of model versions in chunks.</summary>
public static class ModelTransfers
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>Publishes files as a version.</summary>
    /// <param name="client">The cluster.</param>
    /// <param name="model">Name of the model.</param>
    /// <param name="files">Name of each file, and what opens it; each is read to its end.</param>
    /// <param name="progress">Hears how many bytes have been sent.</param>
    /// <param name="cancellationToken">Gives up; nothing is kept.</param>
    /// <exception cref="RpcException">As <c>ImportModel</c> says.</exception>
    public static async Task<ModelVersion> ImportModelAsync(
        this DdpmClient client,
        string model,
        IEnumerable<(string Name, Func<Stream> Open)> files,
        IProgress<long>? progress = null,
        CancellationToken cancellationToken = default)
    {
        using var call = client.Models.ImportModel(cancellationToken: cancellationToken);
        try
        {
            await call.RequestStream.WriteAsync(new ImportModelRequest { Start = new ImportStart { Model = model } }, cancellationToken);
            var sent = 0L;
            foreach (var (name, open) in files)
            {
                await using var file = open();
                await call.RequestStream.WriteAsync(new ImportModelRequest { File = new ModelFile { Name = name, SizeBytes = file.Length } }, cancellationToken);
                var chunk = new byte[ChunkBytes];
                for (int read; (read = await file.ReadAtLeastAsync(chunk, chunk.Length, throwOnEndOfStream: false, cancellationToken)) > 0;)
                {
                    await call.RequestStream.WriteAsync(new ImportModelRequest { Chunk = ByteString.CopyFrom(chunk.AsSpan(0, read)) }, cancellationToken);
                    progress?.Report(sent += read);
                }
            }
            await call.RequestStream.CompleteAsync();
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            // The Trainer has refused a file; why, its answer says.
        }
        return (await call).Version;
    }

    /// <summary>Receives the files of a version, or its network as ONNX.</summary>
    /// <param name="client">The cluster.</param>
    /// <param name="model">Name of the model.</param>
    /// <param name="version">Version id or alias; empty: <c>latest</c>.</param>
    /// <param name="create">Makes a file by its name, which is one without a folder; it is disposed when all its bytes are written.</param>
    /// <param name="format">As which files. Default: those that were published.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RpcException">As <c>ExportModel</c> says.</exception>
    public static async Task ExportModelAsync(
        this DdpmClient client,
        string model,
        string version,
        Func<string, Stream> create,
        ExportFormat format = ExportFormat.Folder,
        CancellationToken cancellationToken = default)
    {
        var request = new ExportModelRequest { Model = model, Version = version, Format = format };
        using var call = client.Models.ExportModel(request, cancellationToken: cancellationToken);
        Stream? file = null;
        try
        {
            while (await call.ResponseStream.MoveNext(cancellationToken))
            {
                var part = call.ResponseStream.Current;
                if (part.PartCase == ExportModelResponse.PartOneofCase.Chunk)
                {
                    await file!.WriteAsync(part.Chunk.Memory, cancellationToken);
                    continue;
                }
                if (file is not null)
                    await file.DisposeAsync();
                var name = part.File.Name;
                file = Path.GetFileName(name) == name ? create(name) : throw RpcErrors.DataLoss($"The Trainer sent a file by the name '{name}'.");
            }
        }
        finally
        {
            if (file is not null)
                await file.DisposeAsync();
        }
    }
}
