using Google.Protobuf;

namespace Ddpm.Denoiser.Tests.Fuzzing;

/// <summary>Damages a serialised message without a thought for what it means.</summary>
internal sealed class BytesMutation(Random random)
{
    private static readonly byte[][] Poison =
    [
        // A length beyond any message, a length that overflows, a varint without end.
        [0x0a, 0xff, 0xff, 0xff, 0xff, 0x07], [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], [.. Enumerable.Repeat((byte)0xff, 16)],
        // Groups within groups, the end of one that never began, field 0, a wire type that is none.
        [.. Enumerable.Repeat((byte)0x0b, 4096)], [0x0c], [0x00, 0x00], [0x0f],
        // Lists within lists of the same field.
        [0x1a, 0x08, 0x1a, 0x06, 0x1a, 0x04, 0x1a, 0x02, 0x1a, 0x00],
    ];

    /// <param name="bytes">The message.</param>
    /// <param name="other">Another, to splice with.</param>
    /// <returns>The damaged bytes, and what was done, for people.</returns>
    public (byte[] Bytes, string What) Apply(byte[] bytes, byte[] other)
    {
        var at = random.Next(bytes.Length + 1);
        var length = Math.Min(1 << random.Next(10), bytes.Length - at);
        switch (random.Next(9))
        {
            case 0:
                return (bytes[..at], $"cut at {at}");
            case 1:
                return ([.. bytes[..at], .. bytes[(at + length)..]], $"{length} bytes gone at {at}");
            case 2:
                return ([.. bytes[..at], .. bytes[at..(at + length)], .. bytes[at..]], $"{length} bytes twice at {at}");
            case 3:
                return ([.. bytes[..at], .. Noise(random.Next(1, 32)), .. bytes[at..]], $"noise at {at}");
            case 4:
                return ([.. bytes[..at], .. other[random.Next(other.Length + 1)..]], $"spliced at {at}");
            case 5:
                return ([.. bytes, .. Unknown()], "an unknown field");
            case 6:
                return ([.. bytes, .. Poison[random.Next(Poison.Length)]], "poison behind it");
            case 7:
                return ([.. bytes[..at], .. Poison[random.Next(Poison.Length)], .. bytes[at..]], $"poison at {at}");
            default:
                var flipped = bytes.ToArray();
                var flips = flipped.Length == 0 ? 0 : random.Next(1, 5);
                for (var i = 0; i < flips; i++)
                {
                    // The first bytes are what gives a message its form.
                    var position = random.Next(2) == 0 ? random.Next(Math.Min(flipped.Length, 120)) : random.Next(flipped.Length);
                    flipped[position] ^= (byte)(1 << random.Next(8));
                }
                return (flipped, $"{flips} bits flipped");
        }
    }

    private byte[] Noise(int length)
    {
        var noise = new byte[length];
        random.NextBytes(noise);
        return noise;
    }

    private byte[] Unknown()
    {
        var number = random.Next(1000, 100_000);
        var value = Noise(random.Next(64));
        using var buffer = new MemoryStream();
        using (var output = new CodedOutputStream(buffer, leaveOpen: true))
        {
            switch (random.Next(4))
            {
                case 0:
                    output.WriteTag(number, WireFormat.WireType.Varint);
                    output.WriteInt64(random.NextInt64());
                    break;
                case 1:
                    output.WriteTag(number, WireFormat.WireType.Fixed64);
                    output.WriteFixed64((ulong)random.NextInt64());
                    break;
                case 2:
                    output.WriteTag(number, WireFormat.WireType.Fixed32);
                    output.WriteFixed32((uint)random.Next());
                    break;
                default:
                    output.WriteTag(number, WireFormat.WireType.LengthDelimited);
                    output.WriteBytes(ByteString.CopyFrom(value));
                    break;
            }
        }
        return buffer.ToArray();
    }
}
