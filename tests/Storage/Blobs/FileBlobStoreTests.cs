using Ddpm.Storage.Blobs;
using Ddpm.Storage.Files;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Ddpm.Storage.Tests.Blobs;

public sealed class FileBlobStoreTests : BlobStoreContract
{
    private readonly TemporaryFolder _root = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.Parse("2030-01-01T12:00:00Z"));

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _root.Dispose();
    }

    [Fact]
    public async Task PrepareAsync_AfterAnInterruptedWrite_RemovesWhatItLeft()
    {
        await Blobs.PutAsync("jobs/a/1", new byte[] { 1 }, Cancellation);
        var leftover = await WritingAsync(_time.GetUtcNow() - AtomicFile.AbandonedAfter - TimeSpan.FromSeconds(1));

        (await Blobs.ListAsync("jobs", Cancellation)).ShouldBe(["jobs/a/1"]);
        await OpenAsync();
        File.Exists(leftover).ShouldBeFalse();
        (await Blobs.GetAsync("jobs/a/1", Cancellation)).ShouldBe([1]);
    }

    [Fact]
    public async Task PrepareAsync_WhileAnotherProcessWrites_LeavesThat()
    {
        var underWay = await WritingAsync(_time.GetUtcNow() - AtomicFile.AbandonedAfter + TimeSpan.FromSeconds(1));
        var ofAClockThatIsAhead = await WritingAsync(_time.GetUtcNow() + TimeSpan.FromMinutes(5));

        await OpenAsync();

        File.Exists(underWay).ShouldBeTrue();
        File.Exists(ofAClockThatIsAhead).ShouldBeTrue();
    }

    [Fact]
    public void AddBlobStore_WithoutABucket_PicksFiles()
    {
        using var services = new ServiceCollection().AddSingleton(Options.Create(_root.Options)).AddBlobStore().BuildServiceProvider();
        services.GetRequiredService<IBlobStore>().ShouldBeOfType<FileBlobStore>();
    }

    protected override IBlobStore NewStore() => new FileBlobStore(Options.Create(_root.Options), _time);

    /// <summary>A file as a write that is not through has it, last written to at a time.</summary>
    private async Task<string> WritingAsync(DateTimeOffset time)
    {
        var path = Path.Combine(_root.Path, "blobs", "jobs", "a", $".{Guid.NewGuid():N}.writing");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllBytesAsync(path, new byte[] { 9 }, Cancellation);
        File.SetLastWriteTimeUtc(path, time.UtcDateTime);
        return path;
    }
}
