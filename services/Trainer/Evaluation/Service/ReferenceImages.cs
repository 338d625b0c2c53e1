using Ddpm.Trainer.Data;
using static TorchSharp.torch;

namespace Ddpm.Trainer.Evaluation;

/// <summary>Images of a data set to measure with, spread evenly over it.</summary>
internal static class ReferenceImages
{
    /// <summary>Bytes that the images of one set may have together; they are held in memory.</summary>
    public const long MostBytes = 1L << 30;

    /// <param name="data">The data set.</param>
    /// <param name="count">How many; all, where there are fewer.</param>
    /// <exception cref="ArgumentException">They are more than <see cref="MostBytes"/>.</exception>
    /// <returns>Bytes as uint8 [n, channels, height, width], and labels, int64 [n]; the caller disposes both.</returns>
    public static (Tensor Images, Tensor Labels) Of(ImageDataSet data, int count)
    {
        var taken = Math.Min(count, data.Count);
        if ((long)taken * data.Shape.Size > MostBytes)
            throw new ArgumentException($"{taken} images of {data.Shape} are more than the {MostBytes} bytes that are measured at once; ask for fewer.");
        var pixels = new byte[(long)taken * data.Shape.Size];
        var labels = new long[taken];
        for (var i = 0; i < taken; i++)
        {
            var place = (int)((long)i * data.Count / taken);
            data.CopyImage(place, pixels.AsSpan(i * data.Shape.Size, data.Shape.Size));
            labels[i] = data.Label(place);
        }
        return (tensor(pixels, [taken, data.Shape.Channels, data.Shape.Height, data.Shape.Width]), tensor(labels));
    }
}
