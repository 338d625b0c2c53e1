using System.IO.MemoryMappedFiles;
using Ddpm.Imaging;

namespace Ddpm.Trainer.Data;

/// <summary>Labelled images of one shape, as bytes: in memory, or mapped from a file so that they need none.</summary>
public sealed class ImageDataSet : IDisposable
{
    private readonly byte[] _pixels = [];
    private readonly MemoryMappedViewAccessor? _mapped;
    private readonly int[] _labels;

    /// <param name="pixels">[count, channels, height, width], 0 … 255.</param>
    /// <param name="labels">[count], 0 … classes − 1.</param>
    /// <param name="shape">Of every image.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public ImageDataSet(byte[] pixels, int[] labels, ImageShape shape)
        : this(labels, shape, pixels.LongLength) => _pixels = pixels;

    /// <summary>The same with the pixels in a view of a file, which is then this object's.</summary>
    internal ImageDataSet(MemoryMappedViewAccessor pixels, long length, int[] labels, ImageShape shape)
        : this(labels, shape, length) => _mapped = pixels;

    private ImageDataSet(int[] labels, ImageShape shape, long length)
    {
        if (labels.Length == 0 || length != (long)labels.Length * shape.Size)
            throw new ArgumentException($"{length} bytes are not {labels.Length} images of {shape}.", nameof(labels));
        (_labels, Shape, Classes) = (labels, shape, labels.Max() + 1);
    }

    public int Count => _labels.Length;

    public ImageShape Shape { get; }

    /// <summary>The greatest label plus one.</summary>
    public int Classes { get; }

    public int Label(int index) => _labels[index];

    /// <summary>Copies one image, [channels, height, width].</summary>
    /// <param name="index">0 … <see cref="Count"/> − 1.</param>
    /// <param name="image">Of the length of the shape.</param>
    public void CopyImage(int index, Span<byte> image)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        var first = (long)index * Shape.Size;
        if (_mapped is null)
            _pixels.AsSpan((int)first, Shape.Size).CopyTo(image);
        else
            _mapped.SafeMemoryMappedViewHandle.ReadSpan((ulong)first, image[..Shape.Size]);
    }

    public void Dispose() => _mapped?.Dispose();
}
