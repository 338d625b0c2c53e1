using Ddpm.Protocol;
using Ddpm.V1;
using Google.Protobuf;
using Grpc.Core;
using SkiaSharp;

namespace Ddpm.Trainer.Data;

public sealed class DataSetGrpcTests : IDisposable
{
    private static readonly byte[] Zip = TinyImages.Zip([
        .. Enumerable.Range(0, 12).Select(i => ($"pets/{(i % 3 == 0 ? "dogs" : "cats")}/{i:00}.png", TinyImages.Png(12, 10, new SKColor((byte)(20 * i), 0, 0)))),
        ("pets/cats/broken.png", [1, 2, 3]),
    ]);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Upload_Zip_IsInspectedKeptAndTrainedOn()
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);
        var progress = new List<UploadProgress>();

        var added = await UploadAsync(trainer, "pets", Zip, new Heard(progress));

        added.ImageCount.ShouldBe(12);
        added.Classes.Select(tally => (tally.Name, tally.ImageCount)).ShouldBe([("cats", 8), ("dogs", 4)]);
        added.Unreadable.ShouldHaveSingleItem().Name.ShouldBe("pets/cats/broken.png");
        added.Uploaded.ShouldBeTrue();
        progress.ShouldContain(report => report.ReceivedBytes == Zip.Length && report.InspectedImages == 13);
        var run = await trainer.FinishAsync(TinyData.Recipe.Replace("\"source\": \"stripes\"", "\"source\": \"pets\"").Replace(", \"class_names\": [\"above\", \"below\"]", ""));
        run.Error.ShouldBeEmpty();
        (await trainer.GetModelAsync("stripes")).Versions.ShouldHaveSingleItem().ClassLabels.ShouldBe(["cats", "dogs"]);
    }

    [Fact]
    public async Task Upload_SameAgainAndAfterARestart_IsTheSameDataSet()
    {
        DataSet added;
        await using (var trainer = await TrainerUnderTest.StartAsync(_folder.Path))
        {
            added = await UploadAsync(trainer, "pets", Zip);
            (await UploadAsync(trainer, "pets", Zip)).ShouldBe(added);
        }
        await using var restarted = await TrainerUnderTest.StartAsync(_folder.Path);

        (await restarted.GetDataSetAsync("pets")).ShouldBe(added);
        var listed = await restarted.ListDataSetsAsync();
        listed.Where(dataSet => dataSet.Name is "pets" or "stripes").Select(dataSet => (dataSet.Name, dataSet.ImageCount)).ShouldBe([("pets", 12), ("stripes", 0)]);
    }

    [Theory]
    [InlineData("pets", StatusCode.AlreadyExists)]
    [InlineData("stripes", StatusCode.AlreadyExists)]
    [InlineData("../pets", StatusCode.InvalidArgument)]
    [InlineData("", StatusCode.InvalidArgument)]
    public async Task Upload_NameThatIsTakenOrBad_IsRefusedAndKeepsNothing(string name, StatusCode expected)
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);
        var before = await UploadAsync(trainer, "pets", Zip);

        var refusal = await Should.ThrowAsync<RpcException>(() => UploadAsync(trainer, name, TinyImages.Zip(("other.png", TinyImages.Png(4, 4, SKColors.Red)))));

        refusal.StatusCode.ShouldBe(expected);
        (await trainer.GetDataSetAsync("pets")).ShouldBe(before);
        UploadsLeft().ShouldBeEmpty();
    }

    [Fact]
    public async Task Upload_BadContent_NamesFieldAndRuleAndKeepsNothing()
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path, "--Trainer:MaxUploadBytes=100000");
        var bad = new (byte[] Content, string Rule)[]
        {
            (TinyImages.Zip(("../evil.png", [1])), "'../evil.png', a name that leads out of the zip"),
            (TinyImages.Zip(("broken.png", [1])), "holds no image that can be read"),
            ([0x80, 2, 0x7d], "neither a zip nor a Parquet file"),
            ([], "neither a zip nor a Parquet file"),
            (new byte[100_001], "at most 100000 bytes"),
            (Zip[..(Zip.Length / 2)], ""),
        };

        foreach (var (content, rule) in bad)
        {
            var refusal = await Should.ThrowAsync<RpcException>(() => UploadAsync(trainer, "bad", content));

            refusal.StatusCode.ShouldBe(StatusCode.InvalidArgument);
            var violation = refusal.FieldViolations().ShouldHaveSingleItem();
            violation.Field.ShouldBe("content");
            violation.Rule.ShouldContain(rule);
        }
        UploadsLeft().ShouldBeEmpty();
        Directory.Exists(Path.Combine(_folder.Path, "data-sets", "bad")).ShouldBeFalse();
    }

    [Fact]
    public async Task Upload_ThatBeginsWithAChunk_IsRefused()
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);
        using var call = trainer.Client.DataSets.UploadDataSet(cancellationToken: TestContext.Current.CancellationToken);
        await call.RequestStream.WriteAsync(new UploadDataSetRequest { Chunk = ByteString.CopyFrom(1) }, TestContext.Current.CancellationToken);

        var refusal = await Should.ThrowAsync<RpcException>(() => call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));

        refusal.FieldViolations().ShouldHaveSingleItem().Field.ShouldBe("start");
    }

    [Fact]
    public async Task Preview_OfAClass_GivesItsImagesSpreadOverIt()
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);
        await UploadAsync(trainer, "pets", Zip);

        var images = await trainer.PreviewAsync(new PreviewDataSetRequest { Name = "pets", ClassName = "dogs", Count = 2, Side = 16 });

        images.Select(image => image.Name).ShouldBe(["pets/dogs/00.png", "pets/dogs/06.png"]);
        using var png = SKBitmap.Decode(images[1].Png.ToByteArray());
        (png.Width, png.Height).ShouldBe((16, 16));
        png.GetPixel(8, 8).ShouldBe(new SKColor(120, 0, 0));
    }

    [Fact]
    public async Task Preview_OutOfRange_NamesTheField()
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);
        var request = new PreviewDataSetRequest { Name = "stripes", Count = 257, Side = 4 };

        var refusal = await Should.ThrowAsync<RpcException>(() => trainer.PreviewAsync(request));
        var unknown = await Should.ThrowAsync<RpcException>(() =>
            trainer.PreviewAsync(new PreviewDataSetRequest { Name = "stripes", ClassName = "7" }));

        refusal.FieldViolations().Select(violation => violation.Field).ShouldBe(["count", "side"]);
        unknown.FieldViolations().ShouldHaveSingleItem().Field.ShouldBe("class_name");
    }

    [Fact]
    public async Task Delete_UploadedLocalUsedAndUnknown_AnswersEach()
    {
        await using var trainer = await TrainerUnderTest.StartAsync(_folder.Path);
        await UploadAsync(trainer, "pets", Zip);
        var run = await trainer.StartRunAsync(TinyData.Recipe.Replace("\"source\": \"stripes\"", "\"source\": \"pets\"").Replace("\"steps\": 6", "\"steps\": 100000000"));

        (await DeleteAsync("pets")).ShouldBe(StatusCode.FailedPrecondition);
        await trainer.StopRunAsync(run.Id);
        await trainer.EventsAsync(run.Id);
        (await DeleteAsync("pets")).ShouldBe(StatusCode.OK);
        (await DeleteAsync("pets")).ShouldBe(StatusCode.NotFound);
        (await DeleteAsync("stripes")).ShouldBe(StatusCode.FailedPrecondition);
        (await DeleteAsync("../pets")).ShouldBe(StatusCode.NotFound);

        async Task<StatusCode> DeleteAsync(string name)
        {
            try
            {
                await trainer.Client.DataSets.DeleteDataSetAsync(new DeleteDataSetRequest { Name = name });
                return StatusCode.OK;
            }
            catch (RpcException e)
            {
                return e.StatusCode;
            }
        }
    }

    private static async Task<DataSet> UploadAsync(TrainerUnderTest trainer, string name, byte[] content, IProgress<UploadProgress>? progress = null) =>
        await trainer.Client.UploadDataSetAsync(name, new MemoryStream(content), progress, TestContext.Current.CancellationToken);

    private string[] UploadsLeft()
    {
        var uploads = Path.Combine(_folder.Path, "uploads");
        return Directory.Exists(uploads) ? Directory.GetFiles(uploads) : [];
    }

    private sealed class Heard(List<UploadProgress> reports) : IProgress<UploadProgress>
    {
        public void Report(UploadProgress value) => reports.Add(value);
    }
}
