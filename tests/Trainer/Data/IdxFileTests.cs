namespace Ddpm.Trainer.Data;

public sealed class IdxFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("images.gz")]
    [InlineData("images")]
    public void Read_GzippedOrNot_GivesShapeAndElements(string name)
    {
        var path = Path.Combine(_folder.Path, name);
        TinyData.WriteIdx(path, [2, 1, 3], [1, 2, 3, 253, 254, 255]);

        var (shape, elements) = IdxFile.Read(path);

        shape.ShouldBe([2, 1, 3]);
        elements.ShouldBe([1, 2, 3, 253, 254, 255]);
    }

    [Theory]
    [InlineData("00000D0100000001 00000000", "is not an IDX file of unsigned bytes")]
    [InlineData("00000805 00000001", "1 … 4 dimensions")]
    [InlineData("00000801 00000002 07", "ends before the last element")]
    [InlineData("0000", "ends before the last element")]
    [InlineData("00000801 00000002 070809", "has bytes after the 2")]
    [InlineData("00000801 00000000", "must be positive")]
    [InlineData("00000801 FFFFFFFF", "must be positive")]
    [InlineData("00000802 7FFFFFFF 7FFFFFFF", "at most")]
    [InlineData("00000804 0000FFFF 0000FFFF 0000FFFF 0000FFFF", "at most")]
    public void Read_FileThatBreaksTheFormat_SaysHow(string hex, string problem)
    {
        var path = Path.Combine(_folder.Path, "broken");
        File.WriteAllBytes(path, Convert.FromHexString(hex.Replace(" ", "")));

        Should.Throw<InvalidDataException>(() => IdxFile.Read(path)).Message.ShouldContain(problem);
    }

    [Fact]
    public void Read_NotGzip_IsInvalidData()
    {
        var path = Path.Combine(_folder.Path, "broken.gz");
        File.WriteAllBytes(path, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);

        Should.Throw<InvalidDataException>(() => IdxFile.Read(path));
    }

    [Fact]
    public void ReadIdx_LabelsThatDoNotFitTheImages_NamesTheFile()
    {
        var (images, labels) = (Path.Combine(_folder.Path, "images"), Path.Combine(_folder.Path, "labels"));
        TinyData.WriteIdx(images, [2, 1, 1], [1, 2]);
        TinyData.WriteIdx(labels, [3], [0, 1, 0]);

        Should.Throw<InvalidDataException>(() => ImageDataSet.ReadIdx(images, labels)).Message.ShouldContain("must have the shape [2]");
    }

    [Fact]
    public void ReadIdx_TheFirstImageOfFashionMnist_IsAnAnkleBoot()
    {
        const string folder = "/usr/share/datasets/fashion-mnist";
        Assert.SkipUnless(Directory.Exists(folder), $"Debian's package dataset-fashion-mnist is not installed: there is no {folder}.");

        var data = ImageDataSet.ReadIdx(Path.Combine(folder, "train-images-idx3-ubyte.gz"), Path.Combine(folder, "train-labels-idx1-ubyte.gz"));

        (data.Count, data.Channels, data.Height, data.Width, data.Classes).ShouldBe((60000, 1, 28, 28, 10));
        data.Label(0).ShouldBe(9);
        data.Image(0)[..28].ToArray().ShouldAllBe(pixel => pixel == 0);
    }
}
