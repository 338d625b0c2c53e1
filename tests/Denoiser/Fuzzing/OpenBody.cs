using System.Net;

namespace Ddpm.Denoiser.Tests.Fuzzing;

/// <summary>The body of a request that goes on until it is completed.</summary>
internal sealed class OpenBody : HttpContent
{
    private readonly TaskCompletionSource<Stream> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Where to write, once the connection is there.</summary>
    public Task<Stream> Opened => _opened.Task;

    public void Complete() => _completed.TrySetResult();

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        // The request's headers go out with the first flush, whether or not a frame follows.
        await stream.FlushAsync(cancellationToken);
        _opened.TrySetResult(stream);
        await _completed.Task.WaitAsync(cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
