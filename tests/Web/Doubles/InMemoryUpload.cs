using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Web.Tests.Doubles;

/// <summary>An upload as its receiver sees it: the parts that came, and the answers that a test gives.</summary>
internal sealed class InMemoryUpload(CancellationToken cancelled) : IClientStreamWriter<UploadDataSetRequest>
{
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly MemoryStream _content = new();

    public string Name { get; private set; } = "";

    public byte[] Content => _content.ToArray();

    public EventStream<UploadDataSetResponse> Answers { get; } = new();

    /// <summary>Ends once all parts are there.</summary>
    public Task Completed => _completed.Task;

    public bool IsCancelled => cancelled.IsCancellationRequested;

    public WriteOptions? WriteOptions { get; set; }

    public void Answer(UploadProgress progress) => Answers.Send(new UploadDataSetResponse { Progress = progress });

    public void Answer(DataSet dataSet) => Answers.Send(new UploadDataSetResponse { DataSet = dataSet });

    public Task WriteAsync(UploadDataSetRequest message)
    {
        if (message.Start is { } start)
            Name = start.Name;
        else
            message.Chunk.WriteTo(_content);
        return Task.CompletedTask;
    }

    public Task WriteAsync(UploadDataSetRequest message, CancellationToken cancellationToken) => WriteAsync(message);

    public Task CompleteAsync()
    {
        _completed.TrySetResult();
        return Task.CompletedTask;
    }
}
