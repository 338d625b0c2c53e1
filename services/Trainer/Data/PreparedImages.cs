using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Ddpm.Imaging;
using Ddpm.Trainer.Data.Formats;

namespace Ddpm.Trainer.Data;

/// <summary>
/// A data set decoded once, at one shape, in a file that training maps: [count, channels, height, width] bytes, then a little-endian int32 label
/// for each image. What it holds is decided by its name, so it is only ever written whole and never changed.
/// </summary>
internal static class PreparedImages
{
    /// <summary>Decodes, fits and writes every image that can be read; aside first, then renamed.</summary>
    /// <param name="path">The file; its folder exists.</param>
    /// <param name="images">In the order of the data set.</param>
    /// <param name="classes">Names of the classes by label; an image without a class gets label 0.</param>
    /// <param name="shape">Of every image.</param>
    /// <param name="fit">How images of another shape are fitted.</param>
    /// <param name="cancellationToken">Gives up; nothing is left.</param>
    /// <exception cref="IOException">It could not be written; nothing is left.</exception>
    public static void Write(
        string path, IEnumerable<SourceImage> images, IReadOnlyList<string> classes, ImageShape shape, ImageFit fit, CancellationToken cancellationToken)
    {
        var labelOf = classes.Index().ToDictionary(entry => entry.Item, entry => entry.Index, StringComparer.Ordinal);
        var labels = new List<int>();
        var aside = Path.Combine(Path.GetDirectoryName(path)!, $".{Guid.NewGuid():N}.writing");
        try
        {
            using (var file = new FileStream(aside, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 20))
            {
                foreach (var image in images)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    if (TryDecode(image) is not { } decoded)
                        continue;
                    file.Write(ImageFitter.Fit(decoded, shape, fit));
                    labels.Add(image.Class is null ? 0 : labelOf[image.Class]);
                }
                file.Write(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(labels)));
                file.Flush(flushToDisk: true);
            }
            File.Move(aside, path, overwrite: true);
        }
        catch
        {
            File.Delete(aside);
            throw;
        }
    }

    /// <summary>Maps the images of a file.</summary>
    /// <exception cref="InvalidDataException">Its length does not fit.</exception>
    public static ImageDataSet Open(string path, int count, ImageShape shape)
    {
        var pixels = (long)count * shape.Size;
        var length = new FileInfo(path).Length;
        if (length != pixels + (count * (long)sizeof(int)))
            throw new InvalidDataException($"{path}: has {length} bytes, which are not {count} images of {shape} and their labels; delete it to have it made again.");
        using var file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        var labels = new int[count];
        using (var view = file.CreateViewAccessor(pixels, count * sizeof(int), MemoryMappedFileAccess.Read))
            view.ReadArray(0, labels, 0, count);
        return new ImageDataSet(file.CreateViewAccessor(0, pixels, MemoryMappedFileAccess.Read), pixels, labels, shape);
    }

    // The inspection has reported and left out the images that cannot be read.
    private static RawImage? TryDecode(SourceImage image)
    {
        try
        {
            return image.Decode();
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
