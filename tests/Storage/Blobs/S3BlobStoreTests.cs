using Ddpm.Storage.Blobs;
using Ddpm.Storage.Tests.Servers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Ddpm.Storage.Tests.Blobs;

public sealed class S3BlobStoreTests(S3Server server) : BlobStoreContract, IClassFixture<S3Server>
{
    private S3Options _options = null!;

    public override async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(S3Server.Missing is not null, S3Server.Missing ?? "");
        _options = server.NewOptions();
        await base.InitializeAsync();
    }

    [Fact]
    public async Task ListAsync_OfABucketThatOthersUseToo_KnowsItsOwnPrefixAlone()
    {
        using var other = new S3BlobStore(server.NewOptions());
        var whole = server.NewOptions();
        whole.Prefix = "";
        using var bucket = new S3BlobStore(whole);
        await Blobs.PutAsync("jobs/a/1", new byte[] { 1 }, Cancellation);
        await other.PutAsync("jobs/a/1", new byte[] { 2 }, Cancellation);

        await Blobs.DeleteFolderAsync("jobs", Cancellation);

        (await Blobs.ListAsync("jobs", Cancellation)).ShouldBeEmpty();
        (await other.ListAsync("jobs", Cancellation)).ShouldBe(["jobs/a/1"]);
        (await bucket.ListAsync(_options.Prefix, Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task PrepareAsync_NoSuchBucket_SaysWhichAndWhere()
    {
        _options.Bucket = "another";
        using var store = new S3BlobStore(_options);
        var message = (await Should.ThrowAsync<IOException>(() => store.PrepareAsync(Cancellation))).Message;
        message.ShouldContain("another");
        message.ShouldContain(_options.Endpoint!);
        message.ShouldContain("Storage:S3:Bucket");
    }

    [Fact]
    public async Task PrepareAsync_WrongCredentials_SaysSoAndKeepsTheSecret()
    {
        (_options.AccessKey, _options.SecretKey) = ("nobody", "a-secret");
        using var store = new S3BlobStore(_options);
        var message = (await Should.ThrowAsync<IOException>(() => store.PrepareAsync(Cancellation))).Message;
        message.ShouldContain("InvalidAccessKeyId");
        message.ShouldNotContain("a-secret");
    }

    [Fact]
    public async Task PutAsync_CancelledWhileTheServerHangs_LeavesTheEarlierBlob()
    {
        await Blobs.PutAsync("a/b", new byte[] { 1 }, Cancellation);
        using var cancelled = new CancellationTokenSource();
        await server.PauseAsync();
        try
        {
            // More than the connection holds without anyone reading.
            var writing = Blobs.PutAsync("a/b", new byte[64 << 20], cancelled.Token);
            await cancelled.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(() => writing);
        }
        finally
        {
            await server.ContinueAsync();
        }
        (await Blobs.GetAsync("a/b", Cancellation)).ShouldBe([1]);
    }

    [Fact]
    public async Task GetAsync_OfAnAnswerCutShort_AsksAgain()
    {
        var content = Enumerable.Range(0, 1 << 20).Select(i => (byte)(i * 7)).ToArray();
        await Blobs.PutAsync("a/b", content, Cancellation);
        await using var proxy = new CuttingProxy(_options.Endpoint!);
        _options.Endpoint = proxy.Address;
        using var store = new S3BlobStore(_options);
        await store.PrepareAsync(Cancellation);

        proxy.Cut(answers: 2, afterBytes: 100_000);

        (await store.GetAsync("a/b", Cancellation)).ShouldNotBeNull().AsSpan().SequenceEqual(content).ShouldBeTrue();
        proxy.CutsLeft.ShouldBe(0);
    }

    [Fact]
    public async Task GetAsync_OfAnswersThatAreAlwaysCutShort_SaysWhichBlobAndWhere()
    {
        await Blobs.PutAsync("a/b", new byte[1 << 20], Cancellation);
        await using var proxy = new CuttingProxy(_options.Endpoint!);
        _options.Endpoint = proxy.Address;
        using var store = new S3BlobStore(_options);
        await store.PrepareAsync(Cancellation);

        proxy.Cut(answers: int.MaxValue, afterBytes: 100_000);

        var message = (await Should.ThrowAsync<IOException>(() => store.GetAsync("a/b", Cancellation))).Message;
        message.ShouldContain("a/b");
        message.ShouldContain(proxy.Address);
    }

    [Fact]
    public async Task PutAsync_AndGetAsync_WhileTheServerRestarts_AreTriedAgain()
    {
        var content = new byte[1 << 20];
        var restarting = Task.Run(server.RestartAsync, Cancellation);

        var written = await Task.WhenAll(Enumerable.Range(0, 16).Select(writer => Task.Run(async () =>
        {
            var count = 0;
            while (count < 5 || !restarting.IsCompleted)
            {
                var key = $"jobs/{writer:D2}/{count++:D4}";
                await Blobs.PutAsync(key, content, Cancellation);
                (await Blobs.GetAsync(key, Cancellation)).ShouldNotBeNull().Length.ShouldBe(content.Length);
            }
            return count;
        }, Cancellation)));
        await restarting;

        (await Blobs.ListAsync("jobs", Cancellation)).Count.ShouldBe(written.Sum());
    }

    [Fact]
    public void AddBlobStore_WithABucket_PicksIt()
    {
        using var services = new ServiceCollection()
            .AddSingleton(Options.Create(new StorageOptions { S3 = _options }))
            .AddBlobStore()
            .BuildServiceProvider();
        services.GetRequiredService<IBlobStore>().ShouldBeOfType<S3BlobStore>();
    }

    protected override IBlobStore NewStore() => new S3BlobStore(_options);
}
