using Ddpm.Hosting;
using Ddpm.Protocol;
using Ddpm.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Ddpm.Trainer.Data;

/// <summary>Receives a data set in chunks, inspects it and has the library keep it. What is received lies aside until then, and goes on any failure.</summary>
internal sealed class DataSetUpload(DataSetLibrary library, IOptions<TrainerOptions> options)
{
    private const long ProgressBytes = 8 << 20;

    public async Task ReceiveAsync(
        IAsyncStreamReader<UploadDataSetRequest> parts, IServerStreamWriter<UploadDataSetResponse> answers, CancellationToken cancellationToken)
    {
        if (!await parts.MoveNext(cancellationToken) || parts.Current.PartCase != UploadDataSetRequest.PartOneofCase.Start)
            throw RpcErrors.Invalid("start", "must be the first part of an upload");
        var name = parts.Current.Start.Name;
        if (!DataSetName.IsValid(name))
            throw RpcErrors.Invalid("start.name", $"{DataSetName.Rule}; is '{name}'");
        var path = library.NewUploadPath();
        try
        {
            var received = await StoreAsync(path, parts, answers, cancellationToken);
            var record = await InspectAsync(name, path, received, answers, cancellationToken);
            await answers.WriteAsync(new UploadDataSetResponse { DataSet = DataSetContract.ToDataSet(record) }, cancellationToken);
        }
        catch (DataSetExistsException e)
        {
            throw RpcErrors.AlreadyExists(e.Message);
        }
        catch (InvalidDataException e)
        {
            throw RpcErrors.Invalid("content", e.Message);
        }
        catch (IOException e) when (DiskFull.Is(e))
        {
            throw RpcErrors.ResourceExhausted(DiskFull.Message, TimeSpan.FromMinutes(1));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private async Task<long> StoreAsync(
        string path, IAsyncStreamReader<UploadDataSetRequest> parts, IServerStreamWriter<UploadDataSetResponse> answers, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true);
        var (received, reported) = (0L, 0L);
        while (await parts.MoveNext(cancellationToken))
        {
            if (parts.Current.PartCase != UploadDataSetRequest.PartOneofCase.Chunk)
                throw RpcErrors.Invalid("chunk", "must be every part of an upload but the first");
            received += parts.Current.Chunk.Length;
            if (received > options.Value.MaxUploadBytes)
                throw RpcErrors.Invalid("content", $"must have at most {options.Value.MaxUploadBytes} bytes");
            await file.WriteAsync(parts.Current.Chunk.Memory, cancellationToken);
            if (received - reported >= ProgressBytes)
            {
                reported = received;
                await answers.WriteAsync(ToProgress(received, 0), cancellationToken);
            }
        }
        file.Flush(flushToDisk: true);
        return received;
    }

    private async Task<DataSetRecord> InspectAsync(
        string name, string path, long received, IServerStreamWriter<UploadDataSetResponse> answers, CancellationToken cancellationToken)
    {
        var inspected = new LatestCount();
        var adding = Task.Run(() => library.Add(name, path, inspected, cancellationToken), cancellationToken);
        while (await Task.WhenAny(adding, inspected.Changed) != adding)
            await answers.WriteAsync(ToProgress(received, inspected.Take()), cancellationToken);
        return await adding;
    }

    private static UploadDataSetResponse ToProgress(long received, int inspected) =>
        new() { Progress = new UploadProgress { ReceivedBytes = received, InspectedImages = inspected } };

    /// <summary>Keeps the newest count only, so that a slow reader costs nothing.</summary>
    private sealed class LatestCount : IProgress<int>
    {
        private readonly Lock _lock = new();
        private TaskCompletionSource _changed = New();
        private int _count;

        public Task Changed
        {
            get
            {
                lock (_lock)
                    return _changed.Task;
            }
        }

        public void Report(int value)
        {
            lock (_lock)
            {
                _count = value;
                _changed.TrySetResult();
            }
        }

        public int Take()
        {
            lock (_lock)
            {
                _changed = New();
                return _count;
            }
        }

        private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
