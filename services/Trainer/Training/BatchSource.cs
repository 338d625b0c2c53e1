using Ddpm.Trainer.Data;
using static TorchSharp.torch;

namespace Ddpm.Trainer.Training;

/// <summary>Draws batches without replacement, in a new random order for each pass over the data; an incomplete last batch is left out.</summary>
internal sealed class BatchSource(ImageDataSet data, int batchSize, bool horizontalFlip, Generator generator)
{
    private readonly byte[] _pixels = new byte[batchSize * data.Channels * data.Height * data.Width];
    private readonly long[] _labels = new long[batchSize];
    private long[] _order = [];
    private int _next;

    /// <summary>Images [batch, channels, height, width] in [−1, 1] and their labels [batch]; the caller disposes both.</summary>
    public (Tensor Images, Tensor Labels) Draw()
    {
        if (_next + batchSize > _order.Length)
        {
            using var permutation = randperm(data.Count, generator: generator);
            _order = permutation.data<long>().ToArray();
            _next = 0;
        }
        var size = data.Channels * data.Height * data.Width;
        for (var row = 0; row < batchSize; row++)
        {
            var index = (int)_order[_next++];
            data.Image(index).CopyTo(_pixels.AsSpan(row * size));
            _labels[row] = data.Label(index);
        }
        using var scope = NewDisposeScope();
        var images = tensor(_pixels, [batchSize, data.Channels, data.Height, data.Width]).to(float32) / 127.5f - 1;
        if (horizontalFlip)
            images = where(rand(batchSize, 1, 1, 1, generator: generator) < 0.5, images.flip(3), images);
        return (images.MoveToOuterDisposeScope(), tensor(_labels).MoveToOuterDisposeScope());
    }
}
