using System.Buffers.Binary;
using System.Collections.ObjectModel;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace Ddpm.Safetensors;

/// <summary>
/// A safetensors file, mapped into memory and checked in full when it is opened: whatever <see cref="Entries"/> says is there.
/// Safe for any number of readers at once. The file must not be truncated by others while it is open.
/// </summary>
/// <remarks>https://huggingface.co/docs/safetensors, section "Format".</remarks>
public sealed unsafe class SafetensorsFile : IDisposable
{
    private readonly MemoryMappedFile _mapping;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _buffer;
    private readonly SafetensorsHeader _header;
    private int _disposed;

    private SafetensorsFile(string path)
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("Safetensors files are little-endian; this machine is not.");

        Path = path;
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        var headerLength = ReadHeaderLength(path, stream);
        _mapping = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        try
        {
            _view = _mapping.CreateViewAccessor(0, stream.Length, MemoryMappedFileAccess.Read);
            byte* start = null;
            // Held until Dispose: a file that is never disposed stays mapped, so that a span of it stays valid.
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            start += _view.PointerOffset + SafetensorsHeader.LengthPrefix;
            _buffer = start + headerLength;
            try
            {
                _header = SafetensorsHeader.Parse(
                    path, new ReadOnlySpan<byte>(start, headerLength), stream.Length - SafetensorsHeader.LengthPrefix - headerLength);
            }
            catch
            {
                _view.SafeMemoryMappedViewHandle.ReleasePointer();
                throw;
            }
        }
        catch
        {
            _view?.Dispose();
            _mapping.Dispose();
            throw;
        }

        Entries = new ReadOnlyDictionary<string, SafetensorsEntry>(_header.Entries);
        Metadata = new ReadOnlyDictionary<string, string>(_header.Metadata);
    }

    /// <summary>As it was opened.</summary>
    public string Path { get; }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, SafetensorsEntry> Entries { get; }

    /// <summary>The header's <c>__metadata__</c>; empty when it has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Maps a file and checks all of its header against all of the format's rules.</summary>
    /// <exception cref="SafetensorsException">A rule is broken.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static SafetensorsFile Open(string path) => new(path);

    /// <summary>
    /// The tensor's bytes, row-major and little-endian, in the mapped file itself. They may lie at any alignment. The span is valid until
    /// <see cref="Dispose"/>.
    /// </summary>
    /// <exception cref="SafetensorsException">No such tensor, or it has 2³¹ bytes or more.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public ReadOnlySpan<byte> Bytes(string name) => Span(Entry(name));

    /// <summary>The tensor's elements, row-major. From F32; F16 and BF16 (exact); F64 (rounded to nearest).</summary>
    /// <inheritdoc cref="ReadInt64" path="/exception"/>
    public float[] ReadFloat32(string name)
    {
        using var lease = new Lease(this);
        var entry = Entry(name);
        var bytes = Span(entry);
        return entry.DType switch
        {
            SafetensorsType.F32 => MemoryMarshal.Cast<byte, float>(bytes).ToArray(),
            SafetensorsType.F64 => Convert(bytes, sizeof(double), static b => (float)BinaryPrimitives.ReadDoubleLittleEndian(b)),
            SafetensorsType.F16 => Convert(bytes, 2, static b => (float)BinaryPrimitives.ReadHalfLittleEndian(b)),
            SafetensorsType.BF16 => Convert(bytes, 2, static b => BrainFloat16.ToSingle(BinaryPrimitives.ReadUInt16LittleEndian(b))),
            _ => throw NotConvertible(entry, "float32"),
        };
    }

    /// <summary>The tensor's elements, row-major. From F64, F32, F16 and BF16, all exact.</summary>
    /// <inheritdoc cref="ReadInt64" path="/exception"/>
    public double[] ReadFloat64(string name)
    {
        using var lease = new Lease(this);
        var entry = Entry(name);
        var bytes = Span(entry);
        return entry.DType switch
        {
            SafetensorsType.F64 => MemoryMarshal.Cast<byte, double>(bytes).ToArray(),
            SafetensorsType.F32 => Convert(bytes, sizeof(float), static b => (double)BinaryPrimitives.ReadSingleLittleEndian(b)),
            SafetensorsType.F16 => Convert(bytes, 2, static b => (double)BinaryPrimitives.ReadHalfLittleEndian(b)),
            SafetensorsType.BF16 => Convert(bytes, 2, static b => (double)BrainFloat16.ToSingle(BinaryPrimitives.ReadUInt16LittleEndian(b))),
            _ => throw NotConvertible(entry, "float64"),
        };
    }

    /// <summary>The tensor's elements, row-major. From every integer type but U64.</summary>
    /// <exception cref="SafetensorsException">No such tensor, its type does not convert, or it has 2³¹ bytes or more.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public long[] ReadInt64(string name)
    {
        using var lease = new Lease(this);
        var entry = Entry(name);
        var bytes = Span(entry);
        return entry.DType switch
        {
            SafetensorsType.I64 => MemoryMarshal.Cast<byte, long>(bytes).ToArray(),
            SafetensorsType.I32 => Convert(bytes, 4, static b => (long)BinaryPrimitives.ReadInt32LittleEndian(b)),
            SafetensorsType.U32 => Convert(bytes, 4, static b => (long)BinaryPrimitives.ReadUInt32LittleEndian(b)),
            SafetensorsType.I16 => Convert(bytes, 2, static b => (long)BinaryPrimitives.ReadInt16LittleEndian(b)),
            SafetensorsType.U16 => Convert(bytes, 2, static b => (long)BinaryPrimitives.ReadUInt16LittleEndian(b)),
            SafetensorsType.I8 => Convert(bytes, 1, static b => (long)(sbyte)b[0]),
            SafetensorsType.U8 => Convert(bytes, 1, static b => (long)b[0]),
            _ => throw NotConvertible(entry, "int64"),
        };
    }

    /// <summary>Closes the file. Reads that are under way on other threads finish; later ones are refused.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _mapping.Dispose();
    }

    private static int ReadHeaderLength(string path, FileStream stream)
    {
        if (stream.Length < SafetensorsHeader.LengthPrefix)
        {
            throw new SafetensorsException(
                path,
                null,
                SafetensorsRule.HeaderLength,
                $"the file has {stream.Length} bytes; the header's length alone takes {SafetensorsHeader.LengthPrefix}");
        }

        Span<byte> prefix = stackalloc byte[SafetensorsHeader.LengthPrefix];
        stream.ReadExactly(prefix);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        var available = (ulong)(stream.Length - SafetensorsHeader.LengthPrefix);
        if (length is < 2 or > (ulong)SafetensorsHeader.MaximumLength)
        {
            throw new SafetensorsException(
                path, null, SafetensorsRule.HeaderLength, $"the header claims {length} bytes; it has 2 to {SafetensorsHeader.MaximumLength}");
        }

        if (length > available)
        {
            throw new SafetensorsException(
                path, null, SafetensorsRule.HeaderLength, $"the header claims {length} bytes, the file holds {available} more");
        }

        return (int)length;
    }

    private SafetensorsEntry Entry(string name) =>
        Entries.TryGetValue(name, out var entry)
            ? entry
            : throw new SafetensorsException(Path, name, SafetensorsRule.TensorPresent, "is not in the file");

    private ReadOnlySpan<byte> Span(SafetensorsEntry entry)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        if (entry.ByteLength > int.MaxValue)
        {
            throw new SafetensorsException(
                Path, entry.Name, SafetensorsRule.FitsInMemory, $"has {entry.ByteLength} bytes; at most {int.MaxValue} are read in one piece");
        }

        return new ReadOnlySpan<byte>(_buffer + entry.Offset, (int)entry.ByteLength);
    }

    private static T[] Convert<T>(ReadOnlySpan<byte> bytes, int elementSize, Func<ReadOnlySpan<byte>, T> read)
    {
        var elements = new T[bytes.Length / elementSize];
        for (var i = 0; i < elements.Length; i++)
            elements[i] = read(bytes.Slice(i * elementSize, elementSize));
        return elements;
    }

    private SafetensorsException NotConvertible(SafetensorsEntry entry, string target) =>
        new(Path, entry.Name, SafetensorsRule.Convertible, $"is {entry.DType.HeaderName()}, which is not read as {target}");

    /// <summary>Keeps the mapping from being unmapped by a Dispose on another thread.</summary>
    private readonly ref struct Lease
    {
        private readonly SafeHandle _handle;

        public Lease(SafetensorsFile file)
        {
            _handle = file._view.SafeMemoryMappedViewHandle;
            var added = false;
            // Throws ObjectDisposedException when it is unmapped already.
            _handle.DangerousAddRef(ref added);
        }

        public void Dispose() => _handle.DangerousRelease();
    }
}
