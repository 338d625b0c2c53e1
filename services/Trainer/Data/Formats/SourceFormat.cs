using Ddpm.Trainer.Data.Sources;

namespace Ddpm.Trainer.Data.Formats;

/// <summary>A way in which images and their classes lie in files.</summary>
internal abstract class SourceFormat
{
    /// <summary>The first that fits is taken.</summary>
    private static readonly SourceFormat[] All = [new IdxFormat(), new CifarFormat(), new ParquetFormat(), new ImageFilesFormat()];

    /// <summary>For reports.</summary>
    public abstract string Name { get; }

    /// <summary>The format that these files are in.</summary>
    /// <exception cref="InvalidDataException">None of those that are read.</exception>
    public static SourceFormat Of(DataSource source)
    {
        if (source.Files.Count == 0)
            throw new InvalidDataException("is empty");
        return All.FirstOrDefault(format => format.Fits(source.Files)) ?? throw new InvalidDataException(
            "holds no images of a kind that is read: image files (a folder for each class), MNIST's IDX files, CIFAR-10's binary batches, or Parquet with an image column");
    }

    /// <summary>The images, always in the same order.</summary>
    /// <exception cref="InvalidDataException">A file that holds many of them breaks its format; says which and how.</exception>
    public abstract IEnumerable<SourceImage> Read(IReadOnlyList<SourceFile> files);

    protected abstract bool Fits(IReadOnlyList<SourceFile> files);
}
