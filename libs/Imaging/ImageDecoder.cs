using System.Runtime.InteropServices;
using SkiaSharp;

namespace Ddpm.Imaging;

/// <summary>Decodes image files: PNG, JPEG, WebP, BMP and the first picture of a GIF.</summary>
public static class ImageDecoder
{
    /// <summary>Longest side that is decoded.</summary>
    public const int MaximumSide = 16_384;

    /// <summary>Most pixels that are decoded.</summary>
    public const long MaximumPixels = 64L << 20;

    private static readonly string[] Extensions = [".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif"];

    /// <summary>Whether a file's name says that it is an image.</summary>
    public static bool Knows(string fileName) => Extensions.Contains(Path.GetExtension(fileName), StringComparer.OrdinalIgnoreCase);

    /// <exception cref="InvalidDataException">It is not an image, is damaged, or is too large; says which.</exception>
    public static RawImage Decode(byte[] content)
    {
        using var data = SKData.CreateCopy(content);
        using var codec = SKCodec.Create(data) ?? throw new InvalidDataException("is not an image of a kind that is read: PNG, JPEG, WebP, BMP or GIF");
        var (width, height) = (codec.Info.Width, codec.Info.Height);
        if (width < 1 || height < 1 || width > MaximumSide || height > MaximumSide || (long)width * height > MaximumPixels)
            throw new InvalidDataException($"has {width}×{height} pixels; at most {MaximumSide} a side and {MaximumPixels} together are read");

        var isGrey = codec.Info.ColorType == SKColorType.Gray8;
        var channels = isGrey ? 1 : codec.Info.AlphaType == SKAlphaType.Opaque ? 3 : 4;
        var info = new SKImageInfo(width, height, isGrey ? SKColorType.Gray8 : SKColorType.Rgba8888, channels == 4 ? SKAlphaType.Unpremul : SKAlphaType.Opaque);
        var decoded = new byte[info.BytesSize];
        var handle = GCHandle.Alloc(decoded, GCHandleType.Pinned);
        try
        {
            var result = codec.GetPixels(info, handle.AddrOfPinnedObject());
            if (result != SKCodecResult.Success)
                throw new InvalidDataException(result == SKCodecResult.IncompleteInput ? "ends early" : $"is damaged ({result})");
        }
        finally
        {
            handle.Free();
        }
        return new RawImage(width, height, channels, channels == 3 ? WithoutOpacity(decoded) : decoded);
    }

    private static byte[] WithoutOpacity(byte[] rgba)
    {
        var rgb = new byte[rgba.Length / 4 * 3];
        for (int from = 0, to = 0; from < rgba.Length; from += 4, to += 3)
            (rgb[to], rgb[to + 1], rgb[to + 2]) = (rgba[from], rgba[from + 1], rgba[from + 2]);
        return rgb;
    }
}
