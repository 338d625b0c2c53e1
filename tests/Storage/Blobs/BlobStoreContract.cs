using Ddpm.Storage.Blobs;

namespace Ddpm.Storage.Tests.Blobs;

/// <summary>What every store of blobs does.</summary>
public abstract class BlobStoreContract : IAsyncLifetime
{
    private readonly List<IBlobStore> _opened = [];

    /// <summary>The store of this test.</summary>
    protected IBlobStore Blobs { get; private set; } = null!;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public virtual async ValueTask InitializeAsync() => Blobs = await OpenAsync();

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var store in _opened.OfType<IDisposable>())
            store.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Opens the store of this test, once more, as another process would.</summary>
    protected async Task<IBlobStore> OpenAsync()
    {
        var store = NewStore();
        _opened.Add(store);
        await store.PrepareAsync(Cancellation);
        return store;
    }

    protected abstract IBlobStore NewStore();

    [Fact]
    public async Task GetAsync_AfterPut_AnswersTheNewestBytes()
    {
        await Blobs.PutAsync("jobs/a/grid.png", new byte[] { 1, 2, 3 }, Cancellation);
        await Blobs.PutAsync("jobs/a/grid.png", new byte[] { 4 }, Cancellation);
        (await Blobs.GetAsync("jobs/a/grid.png", Cancellation)).ShouldBe([4]);
    }

    [Fact]
    public async Task GetAsync_NothingThere_AnswersNull()
    {
        await Blobs.PutAsync("jobs/a/1", new byte[] { 1 }, Cancellation);

        (await Blobs.GetAsync("jobs/none/grid.png", Cancellation)).ShouldBeNull();
        (await Blobs.GetAsync("jobs/a", Cancellation)).ShouldBeNull();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(8 << 20)]
    public async Task GetAsync_OfAnySize_AnswersTheSameBytes(int size)
    {
        var content = new byte[size + 7];
        new Random(5).NextBytes(content);
        // A part of an array, as writers have it that share buffers.
        await Blobs.PutAsync("a/b", content.AsMemory(3, size), Cancellation);

        (await (await OpenAsync()).GetAsync("a/b", Cancellation)).ShouldNotBeNull().AsSpan().SequenceEqual(content.AsSpan(3, size)).ShouldBeTrue();
    }

    [Theory]
    [InlineData("../secret")]
    [InlineData("a/../../secret")]
    [InlineData("/etc/passwd")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData("a/.hidden")]
    [InlineData("A")]
    [InlineData("a\\b")]
    [InlineData("a\n")]
    [InlineData("a?b")]
    [InlineData("")]
    public async Task AnyCall_NotAKey_IsRefused(string key)
    {
        await Should.ThrowAsync<ArgumentException>(() => Blobs.PutAsync(key, new byte[] { 1 }, Cancellation));
        await Should.ThrowAsync<ArgumentException>(() => Blobs.GetAsync(key, Cancellation));
        await Should.ThrowAsync<ArgumentException>(() => Blobs.ListAsync(key, Cancellation));
        await Should.ThrowAsync<ArgumentException>(() => Blobs.DeleteFolderAsync(key, Cancellation));
    }

    [Fact]
    public async Task ListAsync_OfAFolder_HasWhatLiesBelowInOrdinalOrder()
    {
        foreach (var key in new[] { "a/b/z", "a/b_c", "a/b-c", "a/b/a.png", "a.b/1", "ab/1", "a/10", "a/9" })
            await Blobs.PutAsync(key, new byte[] { 1 }, Cancellation);

        (await Blobs.ListAsync("a", Cancellation)).ShouldBe(["a/10", "a/9", "a/b-c", "a/b/a.png", "a/b/z", "a/b_c"]);
        (await Blobs.ListAsync("a/b", Cancellation)).ShouldBe(["a/b/a.png", "a/b/z"]);
        (await Blobs.ListAsync("a/9", Cancellation)).ShouldBeEmpty("it is a blob");
        (await Blobs.ListAsync("none", Cancellation)).ShouldBeEmpty();
    }

    /// <summary>More than one page of a listing has, and more than one request deletes.</summary>
    [Fact]
    public async Task ListAsync_AndDeleteFolderAsync_OfManyKeys_MissNone()
    {
        var keys = Enumerable.Range(0, 2100).Select(i => $"jobs/a/{i:D4}").ToList();
        await Parallel.ForEachAsync(keys, Cancellation, async (key, cancellation) => await Blobs.PutAsync(key, new byte[] { 1 }, cancellation));

        (await Blobs.ListAsync("jobs/a", Cancellation)).ShouldBe(keys);
        await Blobs.DeleteFolderAsync("jobs/a", Cancellation);
        (await Blobs.ListAsync("jobs", Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task DeleteFolderAsync_OfOneFolder_LeavesItsNeighbours()
    {
        foreach (var key in new[] { "jobs/a/1", "jobs/a/images/2", "jobs/ab/1", "jobs/a-b/1", "jobs/b/1", "other/jobs/a/1" })
            await Blobs.PutAsync(key, new byte[] { 1 }, Cancellation);

        await Blobs.DeleteFolderAsync("jobs/a", Cancellation);

        (await Blobs.ListAsync("jobs", Cancellation)).ShouldBe(["jobs/a-b/1", "jobs/ab/1", "jobs/b/1"]);
        (await Blobs.GetAsync("other/jobs/a/1", Cancellation)).ShouldNotBeNull();
    }

    [Fact]
    public async Task DeleteFolderAsync_OfNoFolder_DoesNothing()
    {
        await Blobs.PutAsync("jobs/a", new byte[] { 1 }, Cancellation);

        await Blobs.DeleteFolderAsync("none", Cancellation);
        await Blobs.DeleteFolderAsync("jobs/a", Cancellation);

        (await Blobs.GetAsync("jobs/a", Cancellation)).ShouldBe([1]);
    }

    [Fact]
    public async Task DeleteFolderAsync_ByTwoAtOnce_RemovesItAndFailsNeither()
    {
        var other = await OpenAsync();
        for (var i = 0; i < 60; i++)
            await Blobs.PutAsync($"jobs/a/{i % 6}/{i}", new byte[] { 1 }, Cancellation);

        await Task.WhenAll(new[] { Blobs, other }.Select(store => Task.Run(() => store.DeleteFolderAsync("jobs/a", Cancellation), Cancellation)));

        (await Blobs.ListAsync("jobs", Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task PutAsync_OfOneKeyByTwoStores_IsReadAsOneOfTheValuesWhole()
    {
        var contents = Enumerable.Range(1, 4).Select(i => Enumerable.Repeat((byte)i, i * 60_000).ToArray()).ToList();
        var stores = new[] { Blobs, await OpenAsync() };
        await Blobs.PutAsync("a/b", contents[0], Cancellation);

        var writing = Task.WhenAll(contents.Select((content, i) => Task.Run(async () =>
        {
            for (var write = 0; write < 25; write++)
                await stores[i % 2].PutAsync("a/b", content, Cancellation);
        }, Cancellation)));
        do
        {
            var seen = (await Blobs.GetAsync("a/b", Cancellation)).ShouldNotBeNull();
            contents.Any(content => seen.AsSpan().SequenceEqual(content)).ShouldBeTrue();
        }
        while (!writing.IsCompleted);
        await writing;

        (await Blobs.ListAsync("a", Cancellation)).ShouldBe(["a/b"]);
    }

    [Fact]
    public async Task PutAsync_OfManyKeysByTwoStores_KeepsEveryOne()
    {
        var stores = new[] { Blobs, await OpenAsync() };
        static string Key(int i) => $"jobs/{i % 7}/{i:D3}";

        await Parallel.ForAsync(0, 200, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancellation }, async (i, cancellation) =>
            await stores[i % 2].PutAsync(Key(i), BitConverter.GetBytes(i), cancellation));

        (await Blobs.ListAsync("jobs", Cancellation)).ShouldBe(Enumerable.Range(0, 200).Select(Key).Order(StringComparer.Ordinal));
        for (var i = 0; i < 200; i++)
            (await Blobs.GetAsync(Key(i), Cancellation)).ShouldBe(BitConverter.GetBytes(i));
    }

    [Fact]
    public async Task PutAsync_Cancelled_LeavesTheEarlierBlob()
    {
        await Blobs.PutAsync("a/b", new byte[] { 1 }, Cancellation);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => Blobs.PutAsync("a/b", new byte[1 << 20], cancelled.Token));

        (await Blobs.GetAsync("a/b", Cancellation)).ShouldBe([1]);
        (await Blobs.ListAsync("a", Cancellation)).ShouldBe(["a/b"]);
    }

    /// <summary>Whenever it is cancelled: at the end of the sweep it is done before that.</summary>
    [Fact]
    public async Task PutAsync_CancelledOnItsWay_LeavesOneOfBothWhole()
    {
        var content = Enumerable.Repeat((byte)2, 4 << 20).ToArray();
        for (var microseconds = 100; microseconds < 200_000; microseconds *= 2)
        {
            await Blobs.PutAsync("a/b", new byte[] { 1 }, Cancellation);
            using var cancelled = new CancellationTokenSource(TimeSpan.FromMicroseconds(microseconds));
            try
            {
                await Blobs.PutAsync("a/b", content, cancelled.Token);
            }
            catch (OperationCanceledException)
            {
            }
            var seen = (await Blobs.GetAsync("a/b", Cancellation)).ShouldNotBeNull();
            (seen.AsSpan() is [1] || seen.AsSpan().SequenceEqual(content)).ShouldBeTrue();
        }
        (await Blobs.ListAsync("a", Cancellation)).ShouldBe(["a/b"]);
    }
}
