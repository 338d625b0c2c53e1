using System.IO.Compression;
using SkiaSharp;

namespace Ddpm.Trainer.Data;

/// <summary>Image files and zips of them.</summary>
internal static class TinyImages
{
    /// <summary>A PNG of one colour.</summary>
    public static byte[] Png(int width, int height, SKColor colour, SKColorType type = SKColorType.Rgba8888)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, type, colour.Alpha == 255 ? SKAlphaType.Opaque : SKAlphaType.Unpremul));
        bitmap.Erase(colour);
        return Encode(bitmap);
    }

    /// <summary>A PNG whose left half has one colour and whose right half another.</summary>
    public static byte[] Halves(int width, int height, SKColor left, SKColor right)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
                bitmap.SetPixel(x, y, x < width / 2 ? left : right);
        return Encode(bitmap);
    }

    /// <summary>Writes a file for each entry, its folders included.</summary>
    public static void WriteFolder(string folder, params (string Name, byte[] Content)[] files)
    {
        foreach (var (name, content) in files)
        {
            var path = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, content);
        }
    }

    /// <summary>A zip with exactly these names, whatever they are.</summary>
    public static byte[] Zip(params (string Name, byte[] Content)[] files)
    {
        using var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                using var entry = archive.CreateEntry(name).Open();
                entry.Write(content);
            }
        }
        return stream.ToArray();
    }

    private static byte[] Encode(SKBitmap bitmap)
    {
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }
}
