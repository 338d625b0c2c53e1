using System.Text;
using Ddpm.Trainer.Data.Sources;
using Parquet;
using Parquet.Schema;
using SkiaSharp;

namespace Ddpm.Trainer.Data;

public sealed class DataSetInspectionTests : IDisposable
{
    private static readonly SourceLimits Limits = new(Files: 1000, Bytes: 1 << 20);
    private static readonly byte[] Red = TinyImages.Png(4, 3, SKColors.Red);
    private static readonly byte[] Blue = TinyImages.Png(4, 3, SKColors.Blue);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_FolderOfClassFolders_CountsClassesSizesAndChannels()
    {
        TinyImages.WriteFolder(
            _folder.Path,
            ("dogs/1.png", Red),
            ("cats/1.png", Blue),
            ("cats/2.png", TinyImages.Png(8, 8, SKColors.White.WithAlpha(100))),
            ("cats/grey.png", TinyImages.Png(8, 8, SKColors.Gray, SKColorType.Gray8)),
            ("cats/notes.txt", [1]),
            ("dogs/.hidden.png", [1]));

        var report = Inspect(_folder.Path);

        report.Format.ShouldBe("image files");
        report.Images.ShouldBe(4);
        report.Classes.ShouldBe([new("cats", 3), new("dogs", 1)]);
        report.Sizes.ShouldBe([new("4×3", 2), new("8×8", 2)]);
        report.Channels.ShouldBe([new("RGB", 2), new("RGBA", 1), new("grey", 1)]);
        report.UnreadableImages.ShouldBe(0);
    }

    [Fact]
    public void Run_CorruptImagesAmongGoodOnes_NamesAndCountsThem()
    {
        var big = TinyImages.Halves(64, 64, SKColors.Red, SKColors.Green);
        TinyImages.WriteFolder(_folder.Path, ("a.png", Red), ("b.png", [1, 2, 3]), ("c.png", big[..(big.Length / 2)]), ("d.jpg", []));

        var report = Inspect(_folder.Path);

        report.Images.ShouldBe(1);
        report.UnreadableImages.ShouldBe(3);
        report.Unreadable.Select(unreadable => unreadable.Name).ShouldBe(["b.png", "c.png", "d.jpg"]);
        report.Unreadable[0].Reason.ShouldContain("is not an image");
        report.Unreadable[1].Reason.ShouldContain("ends early");
    }

    [Fact]
    public void Run_ZipOfAFolder_ReadsAsTheFolderDoes()
    {
        TinyImages.WriteFolder(Path.Combine(_folder.Path, "pets"), ("dogs/1.png", Red), ("cats/1.png", Blue));
        var zip = WriteFile("pets.zip", TinyImages.Zip(("pets/", []), ("pets/dogs/1.png", Red), ("pets/cats/1.png", Blue), ("__MACOSX/._1.png", [1])));

        var (folder, zipped) = (Inspect(Path.Combine(_folder.Path, "pets")), Inspect(zip));

        zipped.Classes.ShouldBe(folder.Classes);
        zipped.Classes.ShouldBe([new("cats", 1), new("dogs", 1)]);
        zipped.Images.ShouldBe(2);
    }

    [Theory]
    [InlineData("../evil.png")]
    [InlineData("a/../../evil.png")]
    [InlineData("/evil.png")]
    [InlineData("..\\evil.png")]
    [InlineData("C:evil.png")]
    public void Run_ZipWithANameThatLeadsOut_IsRefusedByThatName(string name)
    {
        var zip = WriteFile("evil.zip", TinyImages.Zip(("good.png", Red), (name, Red)));

        var refusal = Should.Throw<InvalidDataException>(() => Inspect(zip));

        refusal.Message.ShouldContain(name);
        refusal.Message.ShouldContain("leads out of the zip");
    }

    [Fact]
    public void Run_ZipBomb_IsRefusedBeforeItIsUnpacked()
    {
        var zip = WriteFile("bomb.zip", TinyImages.Zip(("zeros.png", new byte[2 << 20])));

        new FileInfo(zip).Length.ShouldBeLessThan(10_000);
        Should.Throw<InvalidDataException>(() => Inspect(zip)).Message.ShouldContain($"unpacks to {2 << 20} bytes");
    }

    [Fact]
    public void Run_ZipWhoseEntryHoldsMoreThanItClaims_ReportsThatImage()
    {
        var content = TinyImages.Zip(("a.png", Red), ("zeros.png", new byte[100_000]));
        // The uncompressed size of the last entry, in its local header or descriptor and in the central directory.
        var claimed = BitConverter.GetBytes(100_000);
        for (var at = 0; (at = content.AsSpan(at).IndexOf(claimed) is >= 0 and var found ? at + found : -1) >= 0; at += 4)
            BitConverter.GetBytes(50).CopyTo(content, at);

        var report = Inspect(WriteFile("liar.zip", content));

        report.Images.ShouldBe(1);
        report.Unreadable.ShouldHaveSingleItem().Name.ShouldBe("zeros.png");
    }

    [Fact]
    public void Run_TooManyFiles_IsRefused()
    {
        var zip = WriteFile("many.zip", TinyImages.Zip([.. Enumerable.Range(0, 1001).Select(i => ($"{i}.png", Array.Empty<byte>()))]));

        Should.Throw<InvalidDataException>(() => Inspect(zip)).Message.ShouldContain("1001 entries");
    }

    [Fact]
    public void Run_EmptyOrForeignFolder_SaysWhatIsRead()
    {
        Should.Throw<InvalidDataException>(() => Inspect(_folder.Path)).Message.ShouldBe("is empty");
        File.WriteAllText(Path.Combine(_folder.Path, "notes.txt"), "no images");
        Should.Throw<InvalidDataException>(() => Inspect(_folder.Path)).Message.ShouldContain("IDX");
    }

    [Fact]
    public void Run_PickleOrOtherFile_IsRefused() =>
        Should.Throw<InvalidDataException>(() => Inspect(WriteFile("weights.pkl", [0x80, 2, 0x7d, 0x71]))).Message.ShouldContain("neither a zip nor a Parquet");

    [Fact]
    public void Run_ImagesWithAndWithoutClass_AreNoClassesAtAll()
    {
        TinyImages.WriteFolder(_folder.Path, ("loose.png", Red), ("cats/1.png", Blue));

        Inspect(_folder.Path).Classes.ShouldBeEmpty();
    }

    [Fact]
    public void Run_IdxPair_HasLabelsAsClassesWithTheGaps()
    {
        TinyData.WriteIdx(Path.Combine(_folder.Path, "train-images-idx3-ubyte"), [3, 1, 2], [1, 2, 3, 4, 5, 6]);
        TinyData.WriteIdx(Path.Combine(_folder.Path, "train-labels-idx1-ubyte.gz"), [3], [3, 1, 3]);

        var report = Inspect(_folder.Path);

        report.Format.ShouldBe("IDX");
        report.Classes.ShouldBe([new("0", 0), new("1", 1), new("2", 0), new("3", 2)]);
        report.Sizes.ShouldBe([new("2×1", 3)]);
    }

    [Fact]
    public void Run_IdxLabelsThatDoNotFit_NamesTheFile()
    {
        TinyData.WriteIdx(Path.Combine(_folder.Path, "train-images-idx3-ubyte"), [2, 1, 1], [1, 2]);
        TinyData.WriteIdx(Path.Combine(_folder.Path, "train-labels-idx1-ubyte"), [3], [0, 1, 0]);

        Should.Throw<InvalidDataException>(() => Inspect(_folder.Path)).Message.ShouldStartWith("train-labels-idx1-ubyte: must have the shape [2]");
    }

    [Fact]
    public void Run_CifarBatches_ReadsTrainingRecordsAndNames()
    {
        byte[] Record(byte label) => [label, .. Enumerable.Repeat((byte)10, 1024), .. Enumerable.Repeat((byte)20, 1024), .. Enumerable.Repeat((byte)30, 1024)];
        TinyImages.WriteFolder(
            _folder.Path,
            ("cifar/data_batch_1.bin", [.. Record(0), .. Record(1)]),
            ("cifar/data_batch_2.bin", Record(1)),
            ("cifar/test_batch.bin", Record(0)),
            ("cifar/batches.meta.txt", Encoding.UTF8.GetBytes("airplane\nautomobile\n\n")));

        var report = Inspect(_folder.Path);

        report.Format.ShouldBe("CIFAR-10 binary");
        report.Images.ShouldBe(3);
        report.Classes.ShouldBe([new("airplane", 1), new("automobile", 2)]);
        report.Sizes.ShouldBe([new("32×32", 3)]);
    }

    [Fact]
    public void Run_CifarBatchOfBrokenRecords_NamesTheFile()
    {
        TinyImages.WriteFolder(_folder.Path, ("data_batch_1.bin", new byte[3000]));

        Should.Throw<InvalidDataException>(() => Inspect(_folder.Path)).Message.ShouldStartWith("data_batch_1.bin: has 3000 bytes");
    }

    [Fact]
    public async Task Run_ParquetOfHuggingFace_ReadsImagesLabelsAndNames()
    {
        var path = Path.Combine(_folder.Path, "train.parquet");
        await WriteParquetAsync(path, [Red, Blue, [1, 2]], [1, 0, 1]);

        var report = Inspect(path);

        report.Format.ShouldBe("Parquet");
        report.Images.ShouldBe(2);
        report.Classes.ShouldBe([new("cat", 1), new("dog", 1)]);
        report.Unreadable.ShouldHaveSingleItem().Name.ShouldBe("data.parquet#2");
    }

    [Fact]
    public void Run_DamagedParquet_SaysSo() =>
        Should.Throw<InvalidDataException>(() => Inspect(WriteFile("bad.parquet", "PAR1 and nothing else"u8.ToArray())))
            .Message.ShouldContain("is not a Parquet file that can be read");

    [Fact]
    public void Run_OnePixelChanged_ChangesTheFingerprint()
    {
        TinyImages.WriteFolder(_folder.Path, ("a/1.png", Red), ("b/1.png", TinyImages.Halves(2, 2, SKColors.Red, SKColors.Blue)));
        var before = Inspect(_folder.Path).Fingerprint;
        Inspect(_folder.Path).Fingerprint.ShouldBe(before);

        TinyImages.WriteFolder(_folder.Path, ("b/1.png", TinyImages.Halves(2, 2, SKColors.Red, new SKColor(0, 0, 254))));

        Inspect(_folder.Path).Fingerprint.ShouldNotBe(before);
    }

    private static async Task WriteParquetAsync(string path, byte[][] images, long[] labels)
    {
        var bytes = new DataField("bytes", typeof(byte[]), isNullable: true);
        var label = new DataField("label", typeof(long), isNullable: false);
        var schema = new ParquetSchema(new StructField("image", bytes), label);
        await using var file = File.Create(path);
        await using var writer = await ParquetWriter.CreateAsync(schema, file);
        writer.CustomMetadata = new Dictionary<string, string>
        {
            ["huggingface"] = """{"info": {"features": {"image": {"_type": "Image"}, "label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}}}""",
        };
        using var rows = writer.CreateRowGroup();
        await rows.WriteAsync(schema.DataFields[0], images);
        await rows.WriteAsync<long>(schema.DataFields[1], labels);
        rows.CompleteValidate();
    }

    private static DataSetReport Inspect(string path)
    {
        using var source = DataSource.Open(path, Limits);
        return DataSetInspection.Run(source, null, TestContext.Current.CancellationToken);
    }

    private string WriteFile(string name, byte[] content)
    {
        var path = Path.Combine(_folder.Path, name);
        File.WriteAllBytes(path, content);
        return path;
    }
}
