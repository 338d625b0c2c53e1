namespace Ddpm.Trainer.Data.Formats;

public sealed class IdxFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_SmallFile_GivesShapeAndElements()
    {
        var path = Path.Combine(_folder.Path, "images");
        TinyData.WriteIdx(path, [2, 1, 3], [1, 2, 3, 253, 254, 255]);

        using var stream = File.OpenRead(path);
        var (shape, elements) = IdxFile.Read("images", stream);

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
        using var stream = new MemoryStream(Convert.FromHexString(hex.Replace(" ", "")));

        Should.Throw<InvalidDataException>(() => IdxFile.Read("broken", stream)).Message.ShouldContain(problem);
    }
}
