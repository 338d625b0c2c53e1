using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Google.Protobuf;

namespace Ddpm.Orchestrator.Trajectories;

/// <summary>float32 arrays as little-endian bytes of a record.</summary>
internal static class Float32Bytes
{
    public static ByteString ToBytes(ReadOnlySpan<float> values)
    {
        if (BitConverter.IsLittleEndian)
            return ByteString.CopyFrom(MemoryMarshal.AsBytes(values));
        var bytes = new byte[values.Length * sizeof(float)];
        for (var i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), values[i]);
        return UnsafeByteOperations.UnsafeWrap(bytes);
    }

    public static float[] ToFloats(ByteString bytes)
    {
        var values = new float[bytes.Length / sizeof(float)];
        for (var i = 0; i < values.Length; i++)
            values[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes.Span[(i * sizeof(float))..]);
        return values;
    }
}
