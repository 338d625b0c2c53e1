using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Ddpm.V1;
using Google.Protobuf;
using Tensor = Ddpm.V1.Tensor;

namespace Ddpm.Protocol;

/// <summary>Turns float32 numbers into the contract's <see cref="Tensor"/> and back: float32 where they lie, narrower types by vectors.</summary>
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

    /// <summary>Encodes row-major values. A float32 tensor is a view of them: they must not change before it is sent.</summary>
    /// <param name="values">The elements; their number is the product of <paramref name="shape"/>.</param>
    /// <param name="shape">Extents, outermost first.</param>
    /// <param name="type">Element type; F16 and BF16 round to the nearest.</param>
    /// <exception cref="ArgumentException">The values do not fill the shape, or the type is none.</exception>
    public static Tensor Encode(ReadOnlyMemory<float> values, ReadOnlySpan<int> shape, DataType type = DataType.F32)
    {
        var tensor = new Tensor { DataType = type };
        long elements = 1;
        foreach (var extent in shape)
        {
            tensor.Shape.Add(extent);
            elements = checked(elements * extent);
        }
        if (elements != values.Length)
            throw new ArgumentException($"{values.Length} values do not fill a shape of {elements} elements.", nameof(values));
        tensor.Data = UnsafeByteOperations.UnsafeWrap(type switch
        {
            DataType.F32 when BitConverter.IsLittleEndian => new ReinterpretedMemory<float, byte>(values).Memory,
            DataType.F32 => Reversed(values.Span),
            DataType.F16 or DataType.Bf16 => Narrowed(values.Span, type),
            _ => throw new ArgumentException($"{type} is no element type.", nameof(type)),
        });
        return tensor;
    }

    /// <summary>Decodes a tensor that <see cref="Validate"/> accepts into an array of its own.</summary>
    public static float[] Decode(Tensor tensor)
    {
        var values = new float[tensor.Data.Length / ElementSize(tensor.DataType)];
        Decode(tensor, values);
        return values;
    }

    /// <summary>The elements of a tensor that <see cref="Validate"/> accepts: float32 where they lie in the message, narrower types widened.</summary>
    public static ReadOnlyMemory<float> View(Tensor tensor) => tensor.DataType == DataType.F32 && BitConverter.IsLittleEndian
        ? new ReinterpretedMemory<byte, float>(tensor.Data.Memory).Memory
        : Decode(tensor);

    private static void Decode(Tensor tensor, Span<float> values)
    {
        var bytes = tensor.Data.Span;
        switch (tensor.DataType)
        {
            case DataType.F32 when BitConverter.IsLittleEndian:
                bytes.CopyTo(MemoryMarshal.AsBytes(values));
                break;
            case DataType.F32:
                BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, uint>(bytes), MemoryMarshal.Cast<float, uint>(values));
                break;
            case DataType.F16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<ushort, Half>(LittleEndian(bytes)), values);
                break;
            default:
                Bfloat16.Widen(LittleEndian(bytes), values);
                break;
        }
    }

    private static byte[] Narrowed(ReadOnlySpan<float> values, DataType type)
    {
        var bytes = new byte[values.Length * sizeof(ushort)];
        var halves = MemoryMarshal.Cast<byte, ushort>(bytes.AsSpan());
        if (type == DataType.F16)
            TensorPrimitives.ConvertToHalf(values, MemoryMarshal.Cast<ushort, Half>(halves));
        else
            Bfloat16.Narrow(values, halves);
        if (!BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(halves, halves);
        return bytes;
    }

    private static byte[] Reversed(ReadOnlySpan<float> values)
    {
        var bytes = new byte[values.Length * sizeof(float)];
        BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<float, uint>(values), MemoryMarshal.Cast<byte, uint>(bytes.AsSpan()));
        return bytes;
    }

    private static ReadOnlySpan<ushort> LittleEndian(ReadOnlySpan<byte> bytes)
    {
        var halves = MemoryMarshal.Cast<byte, ushort>(bytes);
        if (BitConverter.IsLittleEndian)
            return halves;
        var reversed = new ushort[halves.Length];
        BinaryPrimitives.ReverseEndianness(halves, reversed);
        return reversed;
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
