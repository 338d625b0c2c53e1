using SkiaSharp;

namespace Ddpm.Imaging.Tests;

public sealed class PngEncoderTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void EncodePreview_AnyImage_HasThePixelsOfTheImageThatIsKept(int channels)
    {
        const int height = 20;
        const int width = 31;
        var image = Enumerable.Range(0, channels * height * width).Select(i => 1.2f * MathF.Sin(i * i / 50f)).ToArray();

        using var preview = SKBitmap.Decode(PngEncoder.EncodePreview(image, [channels, height, width]));
        using var kept = SKBitmap.Decode(PngEncoder.Encode(image, [channels, height, width]));

        (preview.Width, preview.Height).ShouldBe((width, height));
        preview.Pixels.ShouldBe(kept.Pixels);
    }
}
