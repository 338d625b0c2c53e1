using System.Buffers.Binary;
using System.IO.Compression;
using Grpc.Core;

namespace Ddpm.Denoiser.Tests.Fuzzing;

/// <summary>How a message is put into a frame.</summary>
internal enum Framing
{
    /// <summary>As it should be.</summary>
    Plain,

    /// <summary>Compressed by gzip, as a client may.</summary>
    Gzip,

    /// <summary>Compressed, and damaged then.</summary>
    DamagedGzip,

    /// <summary>A frame of some 256 KiB that holds 256 MiB.</summary>
    Bomb,

    /// <summary>Marked by a flag that is none.</summary>
    UnknownFlag,

    /// <summary>Said to be longer than what comes.</summary>
    CutShort,

    /// <summary>Said to be larger than a message may be, and not sent.</summary>
    SaidTooLarge,

    /// <summary>Said to be longer than any array.</summary>
    SaidEndless,

    /// <summary>Larger than a message may be.</summary>
    TooLarge,

    /// <summary>No frame.</summary>
    Missing,

    /// <summary>Two frames where one is wanted.</summary>
    Twice,
}

/// <summary>gRPC's frames: a flag, a length, a message.</summary>
internal static class Frame
{
    /// <summary>Largest message that a server of this system takes; the contract says it.</summary>
    public const int MaximumBytes = 64 << 20;

    private static readonly Lazy<byte[]> Zeros = new(() => Compress(new byte[256 << 20]));

    /// <summary>The header that makes a server look into compressed frames.</summary>
    public static readonly (string Name, string Value) GzipHeader = ("grpc-encoding", "gzip");

    public static byte[] Of(byte[] message, Framing framing) => framing switch
    {
        Framing.Plain => Of(0, message.Length, message),
        Framing.Gzip => Of(1, Compress(message)),
        Framing.DamagedGzip => Of(1, Damage(Compress(message))),
        Framing.Bomb => Of(1, Zeros.Value),
        Framing.UnknownFlag => Of(2, message),
        Framing.CutShort => Of(0, message.Length + 1, message),
        Framing.SaidTooLarge => Of(0, MaximumBytes + 1, message),
        Framing.SaidEndless => Of(0, -1, message),
        Framing.TooLarge => Of(0, new byte[MaximumBytes + 1]),
        Framing.Missing => [],
        Framing.Twice => [.. Of(0, message), .. Of(0, message)],
        _ => throw new ArgumentOutOfRangeException(nameof(framing)),
    };

    /// <summary>The status that such a frame must be answered with; null: that depends on the message.</summary>
    public static StatusCode? MustBe(Framing framing) => framing switch
    {
        Framing.Plain or Framing.Gzip => null,
        Framing.Bomb or Framing.SaidTooLarge or Framing.TooLarge => StatusCode.ResourceExhausted,
        _ => StatusCode.InvalidArgument,
    };

    private static byte[] Of(byte flag, byte[] message) => Of(flag, message.Length, message);

    private static byte[] Of(byte flag, int length, byte[] message)
    {
        var frame = new byte[5 + message.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), length);
        message.CopyTo(frame, 5);
        return frame;
    }

    private static byte[] Compress(byte[] message)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(message);
        return compressed.ToArray();
    }

    private static byte[] Damage(byte[] compressed)
    {
        // In the magic number, so that it can be read in no way; and long enough to have one, since nothing is packed as nothing.
        var damaged = compressed.Length > 0 ? compressed : new byte[20];
        damaged[0] ^= 0xff;
        return damaged;
    }
}
