using System.IO.Compression;
using Ddpm.Trainer.Data.Formats;
using static TorchSharp.torch;

namespace Ddpm.Trainer.Evaluation;

/// <summary>The data set as Debian's package installs it.</summary>
internal static class FashionMnist
{
    private const string Folder = "/usr/share/datasets/fashion-mnist";

    /// <summary>Images [n, 1, 28, 28], uint8, and labels [n], int64.</summary>
    public static (Tensor Images, Tensor Labels) Training => ReadOrSkip("train");

    /// <inheritdoc cref="Training"/>
    public static (Tensor Images, Tensor Labels) Test => ReadOrSkip("t10k");

    private static (Tensor Images, Tensor Labels) ReadOrSkip(string part)
    {
        Assert.SkipUnless(Directory.Exists(Folder), $"Debian's package dataset-fashion-mnist is not installed: there is no {Folder}.");
        var (shape, pixels) = Read($"{part}-images-idx3-ubyte.gz");
        var (_, labels) = Read($"{part}-labels-idx1-ubyte.gz");
        return (tensor(pixels, [shape[0], 1, shape[1], shape[2]]), tensor(labels).to(int64));
    }

    private static (int[] Shape, byte[] Elements) Read(string file)
    {
        using var zipped = File.OpenRead(Path.Combine(Folder, file));
        using var stream = new GZipStream(zipped, CompressionMode.Decompress);
        return IdxFile.Read(file, stream);
    }
}
