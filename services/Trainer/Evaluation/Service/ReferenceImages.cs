using Ddpm.Trainer.Data;
using static TorchSharp.torch;

namespace Ddpm.Trainer.Evaluation;

/// <summary>Images of a data set to measure with, spread evenly over it.</summary>
internal static class ReferenceImages
{
    /// <param name="data">The data set.</param>
    /// <param name="count">How many; all, where there are fewer.</param>
    /// <returns>Bytes as uint8 [n, channels, height, width], and labels, int64 [n]; the caller disposes both.</returns>
    public static (Tensor Images, Tensor Labels) Of(ImageDataSet data, int count)
    {
        var taken = Math.Min(count, data.Count);
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
