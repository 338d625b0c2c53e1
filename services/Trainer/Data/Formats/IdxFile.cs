using System.Buffers.Binary;

namespace Ddpm.Trainer.Data.Formats;

/// <summary>Reads the IDX format of the MNIST data sets, of unsigned bytes (http://yann.lecun.com/exdb/mnist).</summary>
internal static class IdxFile
{
    private const byte UnsignedByte = 0x08;
    private const int MaxBytes = 1 << 30;

    /// <summary>The array's extents and its elements, row-major.</summary>
    /// <param name="name">For the errors.</param>
    /// <param name="stream">Unzipped.</param>
    /// <exception cref="InvalidDataException">The file breaks the format; says how.</exception>
    public static (int[] Shape, byte[] Elements) Read(string name, Stream stream)
    {
        try
        {
            var magic = new byte[4];
            stream.ReadExactly(magic);
            if (magic[0] != 0 || magic[1] != 0 || magic[2] != UnsignedByte || magic[3] is < 1 or > 4)
                throw new InvalidDataException($"{name}: is not an IDX file of unsigned bytes with 1 … 4 dimensions; it begins with {Convert.ToHexString(magic)}.");
            var extents = new byte[4 * magic[3]];
            stream.ReadExactly(extents);
            var shape = Enumerable.Range(0, magic[3]).Select(i => BinaryPrimitives.ReadInt32BigEndian(extents.AsSpan(4 * i))).ToArray();
            var size = shape.Aggregate(1L, (product, extent) => extent is < 1 or > MaxBytes || product > MaxBytes ? long.MaxValue / 4 / MaxBytes : product * extent);
            if (shape.Any(extent => extent < 1) || size > MaxBytes)
                throw new InvalidDataException($"{name}: its extents [{string.Join(", ", shape)}] must be positive and their product at most {MaxBytes}.");
            var elements = new byte[size];
            stream.ReadExactly(elements);
            if (stream.ReadByte() >= 0)
                throw new InvalidDataException($"{name}: has bytes after the {size} that its extents [{string.Join(", ", shape)}] ask for.");
            return (shape, elements);
        }
        catch (EndOfStreamException)
        {
            throw new InvalidDataException($"{name}: ends before the last element.");
        }
    }
}
