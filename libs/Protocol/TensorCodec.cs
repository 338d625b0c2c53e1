using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Ddpm.V1;
using Google.Protobuf;

namespace Ddpm.Protocol;

/// <summary>Turns spans of float32 into the contract's <see cref="Tensor"/> and back.</summary>
public static class TensorCodec
{
    private const int MaximumRank = 8;

    /// <summary>Bytes of one element; 0 for a type that the contract does not know.</summary>
    public static int ElementSize(DataType type) => type switch
    {
        DataType.F32 => sizeof(float),
        DataType.F16 or DataType.Bf16 => sizeof(ushort),
        _ => 0,
    };

    /// <summary>Encodes row-major values as a float32 tensor.</summary>
    /// <param name="values">The elements; their number is the product of <paramref name="shape"/>.</param>
    /// <param name="shape">Extents, outermost first.</param>
    public static Tensor Encode(ReadOnlySpan<float> values, ReadOnlySpan<int> shape)
    {
        var tensor = new Tensor { DataType = DataType.F32 };
        long elements = 1;
        foreach (var extent in shape)
        {
            tensor.Shape.Add(extent);
            elements = checked(elements * extent);
        }
        if (elements != values.Length)
            throw new ArgumentException($"{values.Length} values do not fill a shape of {elements} elements.", nameof(values));

        if (BitConverter.IsLittleEndian)
        {
            tensor.Data = ByteString.CopyFrom(MemoryMarshal.AsBytes(values));
            return tensor;
        }
        var bytes = new byte[values.Length * sizeof(float)];
        for (var i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), values[i]);
        tensor.Data = UnsafeByteOperations.UnsafeWrap(bytes);
        return tensor;
    }

    /// <summary>Decodes a tensor that <see cref="Validate"/> accepts into float32, widening f16 and bf16.</summary>
    public static float[] Decode(Tensor tensor)
    {
        var bytes = tensor.Data.Span;
        var values = new float[bytes.Length / ElementSize(tensor.DataType)];
        switch (tensor.DataType)
        {
            case DataType.F32 when BitConverter.IsLittleEndian:
                bytes.CopyTo(MemoryMarshal.AsBytes(values.AsSpan()));
                break;
            case DataType.F32:
                for (var i = 0; i < values.Length; i++)
                    values[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes[(i * sizeof(float))..]);
                break;
            case DataType.F16:
                for (var i = 0; i < values.Length; i++)
                    values[i] = (float)BinaryPrimitives.ReadHalfLittleEndian(bytes[(i * sizeof(ushort))..]);
                break;
            default:
                for (var i = 0; i < values.Length; i++)
                    values[i] = BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes[(i * sizeof(ushort))..]) << 16);
                break;
        }
        return values;
    }

    /// <summary>Notes what is wrong with a tensor: unknown type, bad extents, or a byte length that does not fit them.</summary>
    /// <returns>Whether the tensor may be decoded.</returns>
    public static bool Validate(Tensor? tensor, string field, Violations violations)
    {
        if (tensor is null)
            return violations.Add(field, "must be set");
        var elementSize = ElementSize(tensor.DataType);
        if (elementSize == 0)
            return violations.Add($"{field}.data_type", "must be F32, F16 or BF16");
        if (tensor.Shape.Count > MaximumRank)
            return violations.Add($"{field}.shape", $"must have at most {MaximumRank} extents, has {tensor.Shape.Count}");

        UInt128 expected = (UInt128)elementSize;
        foreach (var extent in tensor.Shape)
        {
            if (extent < 1)
                return violations.Add($"{field}.shape", $"every extent must be at least 1, one is {extent}");
            // The data is at most 2³¹ bytes long, so that a larger product needs no exact value.
            expected = UInt128.Min(expected * (UInt128)extent, ulong.MaxValue);
        }
        return expected == (UInt128)tensor.Data.Length
            || violations.Add($"{field}.data", $"must hold {expected} bytes for its shape and type, holds {tensor.Data.Length}");
    }
}
