using Ddpm.Protocol;
using Ddpm.V1;
using Ddpm.Web.Tests.Doubles;
using Ddpm.Web.Training;
using Microsoft.AspNetCore.Components.Forms;

namespace Ddpm.Web.Tests.Training;

public sealed class DataSetSendingTests : IDisposable
{
    // Beyond Blazor's own limit of 500 kB, and beyond one chunk.
    private static readonly byte[] Content = [.. Enumerable.Range(0, 3_000_000).Select(i => (byte)(i * 31))];

    private readonly InMemoryDataSets _dataSets = new();
    private readonly DataSetSending _sending;

    public DataSetSendingTests() => _sending = new DataSetSending(Cluster.Of(dataSets: _dataSets));

    public void Dispose() => _sending.Dispose();

    [Theory]
    [InlineData("My Pets (2).zip", "my-pets-2")]
    [InlineData("train-00000-of-00001.parquet", "train-00000-of-00001")]
    [InlineData("Größe.zip", "gr-e")]
    [InlineData("….zip", "")]
    public void NameFor_File_IsANameThatTheContractAllows(string file, string name) => DataSetSending.NameFor(file).ShouldBe(name);

    [Fact]
    public async Task SendAsync_LargeFile_ArrivesWholeAndTellsHowFarItIs()
    {
        _sending.Choose(new PickedFile("Shapes.zip", Content));
        var sent = _sending.SendAsync();
        var upload = _dataSets.Upload.ShouldNotBeNull();
        await upload.Completed;
        _sending.IsSending.ShouldBeTrue();

        upload.Answer(new UploadProgress { ReceivedBytes = 1_500_000 });
        upload.Answer(new UploadProgress { ReceivedBytes = 3_000_000, InspectedImages = 7 });
        while (_sending.InspectedImages != 7)
            await Task.Yield();
        _sending.Fraction.ShouldBe(1);
        upload.Answer(Samples.Shapes());

        (await sent)!.Name.ShouldBe("shapes");
        upload.Name.ShouldBe("shapes");
        upload.Content.ShouldBe(Content);
        _sending.IsSending.ShouldBeFalse();
        _sending.File.ShouldBeNull();
    }

    [Fact]
    public async Task Cancel_UnderWay_EndsTheCallAndKeepsTheFileForAnotherTry()
    {
        _sending.Choose(new PickedFile("shapes.zip", Content));
        var sent = _sending.SendAsync();

        _sending.Cancel();

        (await sent).ShouldBeNull();
        _dataSets.Upload!.IsCancelled.ShouldBeTrue();
        _sending.File.ShouldNotBeNull();
        _sending.Trouble.ShouldBeNull();
    }

    [Fact]
    public async Task SendAsync_BadName_IsSaidAtTheName()
    {
        _sending.Choose(new PickedFile("shapes.zip", [1]));
        var sent = _sending.SendAsync();

        _dataSets.Upload!.Answers.Fail(RpcErrors.Invalid("start.name", "must be small letters"));

        (await sent).ShouldBeNull();
        _sending.NameViolation.ShouldBe("must be small letters");
        _sending.FileViolation.ShouldBeNull();
        _sending.Trouble.ShouldBeNull();
    }

    [Fact]
    public async Task SendAsync_BadFile_IsSaidAtTheFile()
    {
        _sending.Choose(new PickedFile("shapes.zip", [1]));
        var sent = _sending.SendAsync();

        _dataSets.Upload!.Answers.Fail(RpcErrors.Invalid("content", "is neither a zip nor a Parquet file"));

        (await sent).ShouldBeNull();
        _sending.FileViolation.ShouldBe("is neither a zip nor a Parquet file");
    }

    [Fact]
    public async Task SendAsync_FullDisk_SaysWhenToTryAgain()
    {
        _sending.Choose(new PickedFile("shapes.zip", [1]));
        var sent = _sending.SendAsync();

        _dataSets.Upload!.Answers.Fail(RpcErrors.ResourceExhausted("The disk is full.", TimeSpan.FromMinutes(1)));

        (await sent).ShouldBeNull();
        _sending.Trouble!.Advice.ShouldBe("The disk is full. Try again in 60 s.");
    }

    /// <summary>A file as the browser offers it: refused beyond the limit that its reader names.</summary>
    private sealed class PickedFile(string name, byte[] content) : IBrowserFile
    {
        public string Name => name;

        public DateTimeOffset LastModified => default;

        public long Size => content.Length;

        public string ContentType => "application/zip";

        public Stream OpenReadStream(long maxAllowedSize = 512_000, CancellationToken cancellationToken = default) =>
            Size <= maxAllowedSize ? new MemoryStream(content) : throw new IOException("too large");
    }
}
