namespace Ddpm.Safetensors;

/// <summary>A tensor's line in the header.</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="DType">Element type.</param>
/// <param name="Shape">Extents, outermost first; empty for a scalar. Row-major.</param>
/// <param name="Offset">First byte, counted from the end of the header.</param>
/// <param name="ByteLength">Size in bytes: element size × product of <paramref name="Shape"/>.</param>
public sealed record SafetensorsEntry(string Name, SafetensorsType DType, long[] Shape, long Offset, long ByteLength)
{
    /// <summary>Number of elements: the product of the extents, 1 for a scalar.</summary>
    public long ElementCount => ByteLength / DType.ElementSize();
}
