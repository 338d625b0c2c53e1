using System.Net;
using System.Net.Sockets;
using Ddpm.Storage.Blobs;

namespace Ddpm.Storage.Tests.Blobs;

/// <summary>Beside the tests of a store that is there, because it takes as long as the store waits for one.</summary>
public sealed class S3UnreachableTests : IDisposable
{
    // Taken, and nobody listens at it.
    private readonly Socket _address = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly S3Options _options;

    public S3UnreachableTests()
    {
        _address.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _options = new S3Options { Endpoint = $"http://{_address.LocalEndPoint}", Bucket = "blobs", AccessKey = "a", SecretKey = "b" };
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _address.Dispose();

    [Fact]
    public async Task PrepareAsync_NobodyThere_TriesForAWhileAndSaysWhere()
    {
        using var store = new S3BlobStore(_options);
        var message = (await Should.ThrowAsync<IOException>(() => store.PrepareAsync(Cancellation))).Message;
        message.ShouldContain(_options.Endpoint!);
        message.ShouldContain("refused");
    }

    [Fact]
    public async Task PrepareAsync_CancelledMeanwhile_IsCancelled()
    {
        using var store = new S3BlobStore(_options);
        using var cancelled = new CancellationTokenSource();
        var preparing = store.PrepareAsync(cancelled.Token);
        await cancelled.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => preparing);
    }
}
