using SkiaSharp;

namespace Ddpm.Imaging;

/// <summary>Images as PNG: [−1, 1] becomes 0 … 255, rounded to nearest, and what lies outside is clipped.</summary>
public static class PngEncoder
{
    private static readonly SKPngEncoderOptions Fast = new(SKPngEncoderFilterFlags.Sub, zLibLevel: 1);

    /// <param name="image">Row-major [C, H, W] with C = 1 (grey) or 3 (RGB).</param>
    /// <param name="shape">[C, H, W].</param>
    public static byte[] Encode(ReadOnlySpan<float> image, IReadOnlyList<int> shape)
    {
        using var bitmap = Drawn(image, shape);
        return Encode(bitmap);
    }

    /// <summary>An image that is looked at once: a few more bytes than <see cref="Encode(ReadOnlySpan{float}, IReadOnlyList{int})"/> in a fraction of its time.</summary>
    /// <inheritdoc cref="Encode(ReadOnlySpan{float}, IReadOnlyList{int})"/>
    public static byte[] EncodePreview(ReadOnlySpan<float> image, IReadOnlyList<int> shape)
    {
        using var bitmap = Drawn(image, shape);
        using var pixels = bitmap.PeekPixels();
        using var data = pixels.Encode(Fast)!;
        return data.ToArray();
    }

    /// <summary>
    /// Puts images into a grid as square as can be, in the order of the trajectories. The gaps of two pixels, and the places at the end that are
    /// left over, are transparent: a grid lies well on any page.
    /// </summary>
    public static byte[] EncodeGrid(IReadOnlyList<float[]> images, IReadOnlyList<int> shape)
    {
        const int gap = 2;
        var columns = (int)Math.Ceiling(Math.Sqrt(images.Count));
        var rows = (images.Count + columns - 1) / columns;
        using var bitmap = new SKBitmap(columns * (shape[2] + gap) - gap, rows * (shape[1] + gap) - gap, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        bitmap.Erase(SKColors.Transparent);
        for (var i = 0; i < images.Count; i++)
            Draw(bitmap, images[i], shape, left: i % columns * (shape[2] + gap), top: i / columns * (shape[1] + gap));
        return Encode(bitmap);
    }

    private static SKBitmap Drawn(ReadOnlySpan<float> image, IReadOnlyList<int> shape)
    {
        var bitmap = new SKBitmap(new SKImageInfo(shape[2], shape[1], shape[0] == 1 ? SKColorType.Gray8 : SKColorType.Rgba8888, SKAlphaType.Opaque));
        Draw(bitmap, image, shape, left: 0, top: 0);
        return bitmap;
    }

    private static void Draw(SKBitmap bitmap, ReadOnlySpan<float> image, IReadOnlyList<int> shape, int left, int top)
    {
        var (channels, height, width) = (shape[0], shape[1], shape[2]);
        var plane = height * width;
        var pixels = bitmap.GetPixelSpan();
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var source = y * width + x;
                var target = (top + y) * bitmap.RowBytes + (left + x) * bitmap.BytesPerPixel;
                if (bitmap.BytesPerPixel == 1)
                {
                    pixels[target] = ToByte(image[source]);
                    continue;
                }
                for (var c = 0; c < 3; c++)
                    pixels[target + c] = ToByte(image[(channels == 1 ? 0 : c * plane) + source]);
                pixels[target + 3] = byte.MaxValue;
            }
        }
    }

    private static byte ToByte(float value) => (byte)Math.Round(Math.Clamp((value + 1f) * 127.5f, 0f, 255f), MidpointRounding.AwayFromZero);

    private static byte[] Encode(SKBitmap bitmap)
    {
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, quality: 100);
        return data.ToArray();
    }
}
