namespace Ddpm.Denoiser.Tests.Fuzzing;

/// <summary>A call whose requests and answers come one after the other.</summary>
internal sealed class WireStream(OpenBody body, WireAnswer answer) : IDisposable
{
    public WireAnswer Answer => answer;

    /// <returns>Whether it went out; not when the server has ended the call.</returns>
    public async Task<bool> WriteAsync(ReadOnlyMemory<byte> frame)
    {
        try
        {
            // A server may end the call before it has taken all of it.
            if (await Task.WhenAny(body.Opened, answer.Headers) == answer.Headers && !body.Opened.IsCompleted)
                return false;
            var stream = await body.Opened;
            await stream.WriteAsync(frame);
            await stream.FlushAsync();
            return true;
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Ends this side.</summary>
    public void Complete() => body.Complete();

    public void Dispose()
    {
        body.Complete();
        answer.Dispose();
    }
}
