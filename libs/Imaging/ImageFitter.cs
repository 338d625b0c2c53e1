using SkiaSharp;

namespace Ddpm.Imaging;

/// <summary>Brings images to one shape: over white where they are transparent, scaled with a filter that averages, cut, grey or coloured.</summary>
public static class ImageFitter
{
    // Halves the image until the rest can be interpolated, so that no pixel is passed over.
    private static readonly SKSamplingOptions Averaging = new(SKFilterMode.Linear, SKMipmapMode.Linear);

    /// <returns>[channels, height, width], 0 … 255.</returns>
    public static byte[] Fit(RawImage image, ImageShape shape, ImageFit fit)
    {
        var opaque = image.Channels == 4 ? OverWhite(image) : image;
        var sized = opaque.Width == shape.Width && opaque.Height == shape.Height ? opaque : Scale(opaque, shape, fit);
        return ToPlanes(sized, shape);
    }

    private static RawImage OverWhite(RawImage image)
    {
        var pixels = new byte[image.Pixels.Length / 4 * 3];
        for (int from = 0, to = 0; from < image.Pixels.Length; from += 4)
        {
            var opacity = image.Pixels[from + 3];
            for (var c = 0; c < 3; c++)
                pixels[to++] = (byte)(((image.Pixels[from + c] * opacity) + (255 * (255 - opacity)) + 127) / 255);
        }
        return new RawImage(image.Width, image.Height, 3, pixels);
    }

    private static RawImage Scale(RawImage image, ImageShape shape, ImageFit fit)
    {
        using var source = ToBitmap(image);
        using var pixels = SKImage.FromBitmap(source);
        using var target = new SKBitmap(new SKImageInfo(shape.Width, shape.Height, source.ColorType, SKAlphaType.Opaque));
        using (var canvas = new SKCanvas(target))
            canvas.DrawImage(pixels, Covered(image, shape, fit), new SKRect(0, 0, shape.Width, shape.Height), Averaging, null);
        return FromBitmap(target, image.Channels);
    }

    /// <summary>The part of the image that fills the shape.</summary>
    private static SKRect Covered(RawImage image, ImageShape shape, ImageFit fit)
    {
        if (fit == ImageFit.Stretch)
            return new SKRect(0, 0, image.Width, image.Height);
        var scale = Math.Max((double)shape.Width / image.Width, (double)shape.Height / image.Height);
        var (width, height) = (shape.Width / scale, shape.Height / scale);
        var (left, top) = ((image.Width - width) / 2, (image.Height - height) / 2);
        return new SKRect((float)left, (float)top, (float)(left + width), (float)(top + height));
    }

    private static SKBitmap ToBitmap(RawImage image)
    {
        var bitmap = new SKBitmap(new SKImageInfo(
            image.Width, image.Height, image.Channels == 1 ? SKColorType.Gray8 : SKColorType.Rgba8888, SKAlphaType.Opaque));
        var target = bitmap.GetPixelSpan();
        for (var y = 0; y < image.Height; y++)
        {
            var from = image.Pixels.AsSpan(y * image.Width * image.Channels, image.Width * image.Channels);
            var to = target.Slice(y * bitmap.RowBytes, image.Width * bitmap.BytesPerPixel);
            if (image.Channels == 1)
            {
                from.CopyTo(to);
                continue;
            }
            for (var x = 0; x < image.Width; x++)
            {
                from.Slice(3 * x, 3).CopyTo(to[(4 * x)..]);
                to[(4 * x) + 3] = byte.MaxValue;
            }
        }
        return bitmap;
    }

    private static RawImage FromBitmap(SKBitmap bitmap, int channels)
    {
        var pixels = new byte[bitmap.Width * bitmap.Height * channels];
        var source = bitmap.GetPixelSpan();
        for (var y = 0; y < bitmap.Height; y++)
            for (var x = 0; x < bitmap.Width; x++)
                source.Slice((y * bitmap.RowBytes) + (x * bitmap.BytesPerPixel), channels).CopyTo(pixels.AsSpan(((y * bitmap.Width) + x) * channels));
        return new RawImage(bitmap.Width, bitmap.Height, channels, pixels);
    }

    private static byte[] ToPlanes(RawImage image, ImageShape shape)
    {
        var planes = new byte[shape.Size];
        var plane = shape.Height * shape.Width;
        for (var i = 0; i < plane; i++)
        {
            var pixel = image.Pixels.AsSpan(i * image.Channels, image.Channels);
            if (shape.Channels == 1)
            {
                planes[i] = image.Channels == 1 ? pixel[0] : Luma(pixel);
                continue;
            }
            for (var c = 0; c < shape.Channels; c++)
                planes[(c * plane) + i] = pixel[image.Channels == 1 ? 0 : c];
        }
        return planes;
    }

    /// <summary>Y′ of ITU-R BT.601, as Pillow's mode L has it.</summary>
    private static byte Luma(ReadOnlySpan<byte> rgb) => (byte)(((rgb[0] * 19595) + (rgb[1] * 38470) + (rgb[2] * 7471) + 0x8000) >> 16);
}
