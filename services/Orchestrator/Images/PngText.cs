using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace Ddpm.Orchestrator.Images;

/// <summary>Text chunks of PNG files (PNG specification, third edition, 11.3.3.2: tEXt), which Skia does not write.</summary>
internal static class PngText
{
    // Signature, and the IHDR chunk that must come first: length, type, 13 bytes, CRC.
    private const int HeaderLength = 8 + 4 + 4 + 13 + 4;

    /// <summary>Adds text chunks after the header.</summary>
    /// <param name="png">A PNG file.</param>
    /// <param name="texts">Keyword (1 to 79 characters of Latin-1) and text (ASCII).</param>
    public static byte[] Add(byte[] png, params ReadOnlySpan<(string Keyword, string Text)> texts)
    {
        using var output = new MemoryStream(png.Length + 1024);
        output.Write(png, 0, HeaderLength);
        foreach (var (keyword, text) in texts)
            WriteChunk(output, "tEXt"u8, Encoding.Latin1.GetBytes($"{keyword}\0{text}"));
        output.Write(png, HeaderLength, png.Length - HeaderLength);
        return output.ToArray();
    }

    private static void WriteChunk(Stream output, ReadOnlySpan<byte> type, byte[] data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        output.Write(number);
        output.Write(type);
        output.Write(data);

        var crc = new Crc32();
        crc.Append(type);
        crc.Append(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, crc.GetCurrentHashAsUInt32());
        output.Write(number);
    }
}
