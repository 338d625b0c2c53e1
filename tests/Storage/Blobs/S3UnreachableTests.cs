using Ddpm.Storage.Blobs;
using Ddpm.Storage.Tests.Servers;

namespace Ddpm.Storage.Tests.Blobs;

/// <summary>Beside the tests of a store that is there, because it takes as long as the store waits for one.</summary>
public sealed class S3UnreachableTests
{
    private readonly S3Options _options = new() { Endpoint = S3Server.Nowhere(), Bucket = "blobs", AccessKey = "a", SecretKey = "b" };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task OpenAsync_NobodyThere_TriesForAWhileAndSaysWhere()
    {
        var message = (await Should.ThrowAsync<IOException>(() => S3BlobStore.OpenAsync(_options, Cancellation))).Message;
        message.ShouldContain(_options.Endpoint!);
        message.ShouldContain("refused");
    }

    [Fact]
    public async Task OpenAsync_CancelledMeanwhile_IsCancelled()
    {
        using var cancelled = new CancellationTokenSource();
        var opening = S3BlobStore.OpenAsync(_options, cancelled.Token);
        await cancelled.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => opening);
    }
}
