using System.Globalization;
using System.IO.Compression;
using Ddpm.Imaging;
using Ddpm.Trainer.Data.Sources;

namespace Ddpm.Trainer.Data.Formats;

/// <summary>The training images of a data set in MNIST's format: a pair of IDX files, gzipped or not.</summary>
internal sealed class IdxFormat : SourceFormat
{
    private const string Images = "train-images-idx3-ubyte";
    private const string Labels = "train-labels-idx1-ubyte";

    public override string Name => "IDX";

    public override IEnumerable<SourceImage> Read(IReadOnlyList<SourceFile> files)
    {
        var imageFile = Find(files, Images)!;
        var (imageShape, pixels) = Read(imageFile);
        if (imageShape is not [var count, var height, var width])
            throw new InvalidDataException($"{imageFile.Name}: must have the shape [images, height, width], has [{string.Join(", ", imageShape)}].");
        var labels = Find(files, Labels) is { } labelFile ? ReadLabels(labelFile, count) : null;
        for (var i = 0; i < count; i++)
        {
            var first = i * height * width;
            yield return new SourceImage(
                $"{imageFile.Name}#{i}",
                labels?[i].ToString(CultureInfo.InvariantCulture),
                () => new RawImage(width, height, 1, pixels[first..(first + (height * width))]));
        }
    }

    protected override bool Fits(IReadOnlyList<SourceFile> files) => Find(files, Images) is not null;

    private static byte[] ReadLabels(SourceFile file, int count)
    {
        var (shape, labels) = Read(file);
        return shape is [var labelled] && labelled == count
            ? labels
            : throw new InvalidDataException($"{file.Name}: must have the shape [{count}], one label for each image, has [{string.Join(", ", shape)}].");
    }

    private static (int[] Shape, byte[] Elements) Read(SourceFile file)
    {
        using var stream = file.Open();
        if (!file.Name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
            return IdxFile.Read(file.Name, stream);
        using var unzipped = new GZipStream(stream, CompressionMode.Decompress);
        return IdxFile.Read(file.Name, unzipped);
    }

    private static SourceFile? Find(IReadOnlyList<SourceFile> files, string name) =>
        files.FirstOrDefault(file => file.FileName == name || file.FileName == name + ".gz");
}
