using SkiaSharp;

namespace Ddpm.Imaging.Tests;

public sealed class PictureTests
{
    private static readonly ImageShape Square = new(1, 4, 4);

    [Fact]
    public void Read_Png_IsBlackAtMinusOneAndWhiteAtOne()
    {
        var picture = Picture.Read(Png(4, 4, (x, _) => x < 2 ? SKColors.Black : SKColors.White), Square);

        picture.ShouldBe([.. Enumerable.Range(0, 16).Select(i => i % 4 < 2 ? -1f : 1f)]);
    }

    [Fact]
    public void Read_OfAnotherSize_IsCutAndScaled()
    {
        var picture = Picture.Read(Png(40, 20, (x, _) => x is < 10 or >= 30 ? SKColors.Red : SKColors.Blue), new ImageShape(3, 4, 4));

        // Of the edges, which are cut away, the filter leaves something in the outermost columns.
        foreach (var inner in Enumerable.Range(0, 16).Where(i => i % 4 is 1 or 2))
            (picture[inner], picture[16 + inner], picture[32 + inner]).ShouldBe((-1f, -1f, 1f));
    }

    [Fact]
    public void ReadMask_BrightParts_AreNotKnown() =>
        Picture.ReadMask(Png(8, 8, (x, _) => x < 4 ? SKColors.White : SKColors.Black), Square)
            .ShouldBe([.. Enumerable.Range(0, 16).Select(i => i % 4 < 2 ? 0f : 1f)]);

    [Fact]
    public void ReadTransparency_TransparentParts_AreNotKnown()
    {
        Picture.ReadTransparency(Png(8, 8, (_, y) => y < 4 ? SKColors.Transparent : SKColors.White), Square)
            .ShouldBe([.. Enumerable.Range(0, 16).Select(i => i < 8 ? 0f : 1f)]);
        Picture.ReadTransparency(Png(8, 8, (_, _) => SKColors.White, SKAlphaType.Opaque), Square).ShouldBeNull();
    }

    [Fact]
    public void Read_NoImage_SaysWhatIsRead() =>
        Should.Throw<InvalidDataException>(() => Picture.Read([1, 2, 3], Square)).Message.ShouldContain("PNG, JPEG");

    private static byte[] Png(int width, int height, Func<int, int, SKColor> colour, SKAlphaType alpha = SKAlphaType.Unpremul)
    {
        using var bitmap = new SKBitmap(width, height, SKColorType.Rgba8888, alpha);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
                bitmap.SetPixel(x, y, colour(x, y));
        }

        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }
}
