using Ddpm.Storage.Blobs;
using Microsoft.Extensions.Options;

namespace Ddpm.Storage.Tests.Blobs;

public sealed class FileBlobStoreTests : IDisposable
{
    private readonly TemporaryFolder _root = new();
    private readonly FileBlobStore _blobs;

    public FileBlobStoreTests() => _blobs = new FileBlobStore(Options.Create(_root.Options));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _root.Dispose();

    [Fact]
    public async Task GetAsync_AfterPut_AnswersTheNewestBytes()
    {
        await _blobs.PutAsync("jobs/a/grid.png", new byte[] { 1, 2, 3 }, Cancellation);
        await _blobs.PutAsync("jobs/a/grid.png", new byte[] { 4 }, Cancellation);
        (await _blobs.GetAsync("jobs/a/grid.png", Cancellation)).ShouldBe([4]);
    }

    [Fact]
    public async Task GetAsync_NothingThere_AnswersNull() =>
        (await _blobs.GetAsync("jobs/none/grid.png", Cancellation)).ShouldBeNull();

    [Theory]
    [InlineData("../secret")]
    [InlineData("a/../../secret")]
    [InlineData("/etc/passwd")]
    [InlineData("a//b")]
    [InlineData("a/.hidden")]
    [InlineData("A")]
    [InlineData("a\\b")]
    [InlineData("a\n")]
    [InlineData("")]
    public async Task PutAsync_NotAKey_IsRefused(string key) =>
        await Should.ThrowAsync<ArgumentException>(() => _blobs.PutAsync(key, new byte[] { 1 }, Cancellation));

    [Fact]
    public async Task DeleteFolderAsync_OfOneJob_LeavesTheOthers()
    {
        await _blobs.PutAsync("jobs/a/1", new byte[] { 1 }, Cancellation);
        await _blobs.PutAsync("jobs/a/images/2", new byte[] { 1 }, Cancellation);
        await _blobs.PutAsync("jobs/b/1", new byte[] { 1 }, Cancellation);

        await _blobs.DeleteFolderAsync("jobs/a", Cancellation);

        (await _blobs.ListAsync("jobs", Cancellation)).ShouldBe(["jobs/b/1"]);
    }

    [Fact]
    public async Task Open_AfterAnInterruptedWrite_RemovesWhatItLeft()
    {
        await _blobs.PutAsync("jobs/a/1", new byte[] { 1 }, Cancellation);
        var leftover = Path.Combine(_root.Path, "blobs", "jobs", "a", $".{Guid.NewGuid():N}.writing");
        await File.WriteAllBytesAsync(leftover, new byte[] { 9 }, Cancellation);

        (await _blobs.ListAsync("jobs", Cancellation)).ShouldBe(["jobs/a/1"]);
        _ = new FileBlobStore(Options.Create(_root.Options));
        File.Exists(leftover).ShouldBeFalse();
    }

    [Fact]
    public async Task PutAsync_ReaderMeanwhile_SeesOneOrTheOtherWhole()
    {
        var (ones, twos) = (Enumerable.Repeat((byte)1, 200_000).ToArray(), Enumerable.Repeat((byte)2, 100_000).ToArray());
        await _blobs.PutAsync("a/b", ones, Cancellation);
        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < 50; i++)
                await _blobs.PutAsync("a/b", i % 2 == 0 ? twos : ones, Cancellation);
        }, Cancellation);
        while (!writing.IsCompleted)
        {
            var seen = (await _blobs.GetAsync("a/b", Cancellation)).ShouldNotBeNull();
            (seen.AsSpan().SequenceEqual(ones) || seen.AsSpan().SequenceEqual(twos)).ShouldBeTrue();
        }
        await writing;
    }
}
