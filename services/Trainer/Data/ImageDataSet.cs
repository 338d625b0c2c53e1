namespace Ddpm.Trainer.Data;

/// <summary>Labelled images of one size, as bytes.</summary>
public sealed class ImageDataSet
{
    private readonly byte[] _pixels;
    private readonly byte[] _labels;

    /// <param name="pixels">[count, channels, height, width], 0 … 255.</param>
    /// <param name="labels">[count], 0 … classes − 1.</param>
    /// <param name="channels">Channels of an image.</param>
    /// <param name="height">Rows of an image.</param>
    /// <param name="width">Columns of an image.</param>
    /// <exception cref="ArgumentException">The extents do not fit.</exception>
    public ImageDataSet(byte[] pixels, byte[] labels, int channels, int height, int width)
    {
        if (labels.Length == 0 || pixels.LongLength != (long)labels.Length * channels * height * width)
            throw new ArgumentException($"{pixels.Length} pixels are not {labels.Length} images of {channels}×{height}×{width}.", nameof(pixels));
        (_pixels, _labels, Channels, Height, Width) = (pixels, labels, channels, height, width);
    }

    public int Count => _labels.Length;

    public int Channels { get; }

    public int Height { get; }

    public int Width { get; }

    /// <summary>The greatest label plus one.</summary>
    public int Classes => _labels.Max() + 1;

    public ReadOnlySpan<byte> Image(int index) => _pixels.AsSpan(index * Channels * Height * Width, Channels * Height * Width);

    public int Label(int index) => _labels[index];

    /// <summary>Reads grey images and their labels from a pair of IDX files.</summary>
    /// <exception cref="InvalidDataException">A file breaks its format, or the two do not fit each other.</exception>
    public static ImageDataSet ReadIdx(string imagesPath, string labelsPath)
    {
        var (imageShape, pixels) = IdxFile.Read(imagesPath);
        var (labelShape, labels) = IdxFile.Read(labelsPath);
        if (imageShape is not [var images, var height, var width])
            throw new InvalidDataException($"{imagesPath}: must have the shape [images, height, width], has [{string.Join(", ", imageShape)}].");
        if (labelShape is not [var count] || count != images)
            throw new InvalidDataException($"{labelsPath}: must have the shape [{images}], one label for each image, has [{string.Join(", ", labelShape)}].");
        return new ImageDataSet(pixels, labels, 1, height, width);
    }
}
