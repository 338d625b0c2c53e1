using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Ddpm.Safetensors;

/// <summary>
/// Writes named tensors as a safetensors file. The same tensors and metadata give the same bytes, whatever order they were added in:
/// tensors lie by element size, largest first, then by name (ordinal), so that each is aligned to its element size;
/// metadata lies by key; the header is padded with blanks to a multiple of 8 bytes.
/// </summary>
/// <remarks>The elements are not copied until they are written.</remarks>
public sealed class SafetensorsWriter
{
    private readonly SortedDictionary<string, string> _metadata = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Tensor> _tensors = new(StringComparer.Ordinal);

    /// <summary>The header's <c>__metadata__</c>; none is written while it is empty.</summary>
    public IDictionary<string, string> Metadata => _metadata;

    /// <summary>Adds a tensor, stored as F32, F16, BF16 (both rounded to nearest, ties to even) or F64.</summary>
    /// <inheritdoc cref="AddBytes" path="/exception"/>
    public SafetensorsWriter Add(string name, ReadOnlyMemory<float> elements, ReadOnlySpan<long> shape, SafetensorsType storeAs = SafetensorsType.F32)
    {
        Action<Stream> write = storeAs switch
        {
            SafetensorsType.F32 => stream => stream.Write(MemoryMarshal.AsBytes(elements.Span)),
            SafetensorsType.F64 => stream =>
                WriteConverted(stream, elements.Span, 8, static (b, v) => BinaryPrimitives.WriteDoubleLittleEndian(b, v)),
            SafetensorsType.F16 => stream =>
                WriteConverted(stream, elements.Span, 2, static (b, v) => BinaryPrimitives.WriteHalfLittleEndian(b, (Half)v)),
            SafetensorsType.BF16 => stream =>
                WriteConverted(stream, elements.Span, 2, static (b, v) => BinaryPrimitives.WriteUInt16LittleEndian(b, BrainFloat16.FromSingle(v))),
            _ => throw new ArgumentOutOfRangeException(nameof(storeAs), storeAs, "float32 elements are stored as F32, F16, BF16 or F64"),
        };
        return Add(name, storeAs, shape, elements.Length, write);
    }

    /// <summary>Adds a tensor of F64.</summary>
    /// <inheritdoc cref="AddBytes" path="/exception"/>
    public SafetensorsWriter Add(string name, ReadOnlyMemory<double> elements, ReadOnlySpan<long> shape) =>
        Add(name, SafetensorsType.F64, shape, elements.Length, stream => stream.Write(MemoryMarshal.AsBytes(elements.Span)));

    /// <summary>Adds a tensor of I64.</summary>
    /// <inheritdoc cref="AddBytes" path="/exception"/>
    public SafetensorsWriter Add(string name, ReadOnlyMemory<long> elements, ReadOnlySpan<long> shape) =>
        Add(name, SafetensorsType.I64, shape, elements.Length, stream => stream.Write(MemoryMarshal.AsBytes(elements.Span)));

    /// <summary>Adds a tensor of any type from its bytes, row-major and little-endian.</summary>
    /// <exception cref="ArgumentException">The name is taken or reserved, an extent is negative, or the shape does not fit the elements.</exception>
    public SafetensorsWriter AddBytes(string name, SafetensorsType type, ReadOnlyMemory<byte> bytes, ReadOnlySpan<long> shape)
    {
        if (bytes.Length % type.ElementSize() != 0)
        {
            throw new ArgumentException(
                $"Tensor '{name}': {bytes.Length} bytes are not a whole number of {type.HeaderName()} elements.", nameof(bytes));
        }

        return Add(name, type, shape, bytes.Length / type.ElementSize(), stream => stream.Write(bytes.Span));
    }

    /// <summary>
    /// Writes the file: aside first, flushed to the disk, then renamed over <paramref name="path"/>; no reader ever sees half of it.
    /// </summary>
    /// <exception cref="IOException">It could not be written; what was at <paramref name="path"/> is still there.</exception>
    public void Write(string path)
    {
        path = Path.GetFullPath(path);
        var aside = Path.Combine(Path.GetDirectoryName(path)!, $".{Path.GetFileName(path)}.{Path.GetRandomFileName()}");
        try
        {
            using (var stream = new FileStream(aside, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                Write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(aside, path, overwrite: true);
        }
        catch
        {
            File.Delete(aside);
            throw;
        }
    }

    /// <summary>Writes the file's bytes to a stream, from its present position on.</summary>
    public void Write(Stream stream)
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("Safetensors files are little-endian; this machine is not.");

        var ordered = _tensors.OrderByDescending(t => t.Value.Type.ElementSize()).ThenBy(t => t.Key, StringComparer.Ordinal).ToArray();
        var json = WriteHeader(ordered);
        var padding = -json.Length & 7;
        Span<byte> prefix = stackalloc byte[SafetensorsHeader.LengthPrefix];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)(json.Length + padding));
        stream.Write(prefix);
        stream.Write(json);
        stream.Write("       "u8[..padding]);
        foreach (var (_, tensor) in ordered)
            tensor.Write(stream);
    }

    private ReadOnlySpan<byte> WriteHeader(KeyValuePair<string, Tensor>[] ordered)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        if (_metadata.Count > 0)
        {
            json.WriteStartObject(SafetensorsHeader.MetadataName);
            foreach (var (key, value) in _metadata)
                json.WriteString(key, value);
            json.WriteEndObject();
        }

        long offset = 0;
        foreach (var (name, tensor) in ordered)
        {
            json.WriteStartObject(name);
            json.WriteString("dtype", tensor.Type.HeaderName());
            json.WriteStartArray("shape");
            foreach (var extent in tensor.Shape)
                json.WriteNumberValue(extent);
            json.WriteEndArray();
            json.WriteStartArray("data_offsets");
            json.WriteNumberValue(offset);
            json.WriteNumberValue(offset += tensor.ByteLength);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan;
    }

    private SafetensorsWriter Add(string name, SafetensorsType type, ReadOnlySpan<long> shape, long elementCount, Action<Stream> write)
    {
        if (name == SafetensorsHeader.MetadataName)
            throw new ArgumentException($"'{name}' names the metadata, not a tensor.", nameof(name));
        foreach (var extent in shape)
        {
            if (extent < 0)
                throw new ArgumentException($"Tensor '{name}': extent {extent} is negative.", nameof(shape));
        }

        var size = elementCount * type.ElementSize();
        if (SafetensorsHeader.SizeInBytes(type, shape) != size)
        {
            throw new ArgumentException(
                $"Tensor '{name}': shape [{string.Join(", ", shape.ToArray())}] does not fit {elementCount} elements.", nameof(shape));
        }

        if (!_tensors.TryAdd(name, new Tensor(type, shape.ToArray(), size, write)))
            throw new ArgumentException($"Tensor '{name}' was added before.", nameof(name));
        return this;
    }

    private static void WriteConverted(Stream stream, ReadOnlySpan<float> elements, int elementSize, Action<Span<byte>, float> write)
    {
        var bytes = new byte[elements.Length * elementSize];
        for (var i = 0; i < elements.Length; i++)
            write(bytes.AsSpan(i * elementSize, elementSize), elements[i]);
        stream.Write(bytes);
    }

    private sealed record Tensor(SafetensorsType Type, long[] Shape, long ByteLength, Action<Stream> Write);
}
