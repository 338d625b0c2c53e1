using Ddpm.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Ddpm.Protocol;

/// <summary>Uploads data sets in chunks.</summary>
public static class DataSetUploads
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>Uploads a zip or a Parquet file and answers what is then kept.</summary>
    /// <param name="dataSets">The Trainer's data sets.</param>
    /// <param name="name">Name of the data set.</param>
    /// <param name="file">Read to its end.</param>
    /// <param name="progress">Hears how far the Trainer is.</param>
    /// <param name="cancellationToken">Gives up; nothing is kept.</param>
    /// <exception cref="RpcException">As <c>UploadDataSet</c> says.</exception>
    public static async Task<DataSet> UploadDataSetAsync(
        this DataSetService.DataSetServiceClient dataSets, string name, Stream file, IProgress<UploadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        using var call = dataSets.UploadDataSet(cancellationToken: cancellationToken);
        // The Trainer refuses a name at once: its answer must be heard while chunks are still being sent.
        var answering = ReadAsync(call.ResponseStream, progress, cancellationToken);
        var sending = SendAsync(call.RequestStream, name, file, cancellationToken);
        await Task.WhenAny(answering, sending);
        if (answering.IsCompleted)
            return await answering;
        try
        {
            await sending;
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            // The call has ended; why, the answer says.
        }
        return await answering;
    }

    /// <inheritdoc cref="UploadDataSetAsync(DataSetService.DataSetServiceClient, string, Stream, IProgress{UploadProgress}?, CancellationToken)"/>
    public static Task<DataSet> UploadDataSetAsync(
        this DdpmClient client, string name, Stream file, IProgress<UploadProgress>? progress = null, CancellationToken cancellationToken = default) =>
        client.DataSets.UploadDataSetAsync(name, file, progress, cancellationToken);

    private static async Task SendAsync(IClientStreamWriter<UploadDataSetRequest> parts, string name, Stream file, CancellationToken cancellationToken)
    {
        await parts.WriteAsync(new UploadDataSetRequest { Start = new UploadStart { Name = name } }, cancellationToken);
        var chunk = new byte[ChunkBytes];
        int read;
        while ((read = await file.ReadAtLeastAsync(chunk, chunk.Length, throwOnEndOfStream: false, cancellationToken)) > 0)
            await parts.WriteAsync(new UploadDataSetRequest { Chunk = ByteString.CopyFrom(chunk.AsSpan(0, read)) }, cancellationToken);
        await parts.CompleteAsync();
    }

    private static async Task<DataSet> ReadAsync(
        IAsyncStreamReader<UploadDataSetResponse> answers, IProgress<UploadProgress>? progress, CancellationToken cancellationToken)
    {
        while (await answers.MoveNext(cancellationToken))
        {
            if (answers.Current.OutcomeCase == UploadDataSetResponse.OutcomeOneofCase.DataSet)
                return answers.Current.DataSet;
            progress?.Report(answers.Current.Progress);
        }
        throw RpcErrors.DataLoss("The Trainer ended the upload without an answer.");
    }
}
