using Ddpm.Hosting;
using Ddpm.Networks;
using Ddpm.Protocol;
using Ddpm.Safetensors;
using Ddpm.Storage;
using Ddpm.Storage.Models;
using Ddpm.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Ddpm.Trainer.Registry;

/// <summary>Receives the files of a checkpoint folder, loads it to see that it can be served, and publishes it. On any failure nothing is kept.</summary>
internal sealed class ModelImport(IModelRegistry models, IOptions<TrainerOptions> options, IOptions<StorageOptions> storage)
{
    private string Root => Path.Combine(storage.Value.FullRoot, "imports");

    public async Task<StoredVersion> ReceiveAsync(IAsyncStreamReader<ImportModelRequest> parts, CancellationToken cancellationToken)
    {
        if (!await parts.MoveNext(cancellationToken) || parts.Current.PartCase != ImportModelRequest.PartOneofCase.Start)
            throw RpcErrors.Invalid("start", "must be the first part of an import");
        var name = parts.Current.Start.Model;
        if (!ModelName.IsModel(name))
            throw RpcErrors.Invalid("start.model", $"{ModelName.Rule}; is '{name}'");
        var folder = Path.Combine(Root, Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(folder);
        try
        {
            await StoreAsync(folder, parts, cancellationToken);
            await Task.Factory.StartNew(() => ThrowIfUnservable(folder), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            return await models.PublishAsync(name, folder, new PublishOptions(), cancellationToken);
        }
        catch (InvalidModelException e)
        {
            throw RpcErrors.Invalid("files", e.Message);
        }
        catch (IOException e) when (DiskFull.Is(e))
        {
            throw RpcErrors.ResourceExhausted(DiskFull.Message, TimeSpan.FromMinutes(1));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Removes what a process that was lost while importing has left. Before anything is received.</summary>
    public void RemoveLeftovers()
    {
        if (Directory.Exists(Root))
            Directory.Delete(Root, recursive: true);
    }

    private async Task StoreAsync(string folder, IAsyncStreamReader<ImportModelRequest> parts, CancellationToken cancellationToken)
    {
        var announced = 0L;
        ModelFile? current = null;
        FileStream? file = null;
        try
        {
            while (await parts.MoveNext(cancellationToken))
            {
                switch (parts.Current.PartCase)
                {
                    case ImportModelRequest.PartOneofCase.File:
                        ThrowIfShort(current, file);
                        current = parts.Current.File;
                        announced = Announce(folder, current, announced);
                        if (file is not null)
                            await file.DisposeAsync();
                        file = new FileStream(Path.Combine(folder, current.Name), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true);
                        break;
                    case ImportModelRequest.PartOneofCase.Chunk when file is not null:
                        if (file.Length + parts.Current.Chunk.Length > current!.SizeBytes)
                            throw RpcErrors.Invalid(current.Name, $"must have the {current.SizeBytes} bytes that were announced, has more");
                        await file.WriteAsync(parts.Current.Chunk.Memory, cancellationToken);
                        break;
                    default:
                        throw RpcErrors.Invalid("part", "must be a file, then its chunks");
                }
            }
            ThrowIfShort(current, file);
        }
        finally
        {
            if (file is not null)
                await file.DisposeAsync();
        }
    }

    /// <returns>Bytes of all files announced so far.</returns>
    private long Announce(string folder, ModelFile next, long announced)
    {
        if (PickleFile.IsName(next.Name))
            throw RpcErrors.Invalid(Path.GetFileName(next.Name), VersionFiles.PickleRule(Path.GetFileName(next.Name)));
        if (!VersionFiles.Names.Contains(next.Name))
            throw RpcErrors.Invalid("file.name", $"must be one of {string.Join(", ", VersionFiles.Names)}; is '{next.Name}'");
        if (File.Exists(Path.Combine(folder, next.Name)))
            throw RpcErrors.Invalid(next.Name, "must come once");
        if (next.SizeBytes < 0 || announced + next.SizeBytes > options.Value.MaxModelBytes)
            throw RpcErrors.Invalid(next.Name, $"must not take all files beyond {options.Value.MaxModelBytes} bytes, has {next.SizeBytes}");
        return announced + next.SizeBytes;
    }

    private static void ThrowIfShort(ModelFile? current, FileStream? file)
    {
        if (current is not null && file!.Length != current.SizeBytes)
            throw RpcErrors.Invalid(current.Name, $"must have the {current.SizeBytes} bytes that were announced, has {file.Length}");
    }

    private static void ThrowIfUnservable(string folder)
    {
        try
        {
            using var checkpoint = Checkpoint.Load(folder);
        }
        catch (InvalidConfigException e)
        {
            var violations = new Violations();
            foreach (var violation in e.Violations)
                violations.Add($"{Path.GetFileName(e.File)}: {violation.Field}", violation.Rule);
            throw violations.ToRpcException();
        }
        catch (CheckpointException e)
        {
            throw RpcErrors.Invalid("files", e.Message.Replace($"{folder}: ", "", StringComparison.Ordinal));
        }
        catch (SafetensorsException e)
        {
            throw RpcErrors.Invalid(CheckpointFolder.WeightsFileName, e.Message.Replace($"{folder}{Path.DirectorySeparatorChar}", "", StringComparison.Ordinal));
        }
    }
}
