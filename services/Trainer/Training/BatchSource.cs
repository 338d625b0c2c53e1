using Ddpm.Trainer.Data;
using static TorchSharp.torch;

namespace Ddpm.Trainer.Training;

/// <summary>Draws batches without replacement, in a new random order for each pass over the data; an incomplete last batch is left out.</summary>
/// <param name="data">The images.</param>
/// <param name="places">Of the images that are drawn.</param>
/// <param name="batchSize">At most as many.</param>
/// <param name="horizontalFlip">Whether half of them, by chance, are mirrored.</param>
/// <param name="seed">Decides the orders.</param>
internal sealed class BatchSource(ImageDataSet data, IReadOnlyList<int> places, int batchSize, bool horizontalFlip, long seed)
{
    private readonly byte[] _pixels = new byte[batchSize * data.Shape.Size];
    private readonly long[] _labels = new long[batchSize];
    private long[] _order = [];
    private long _orderedPass = -1;

    /// <summary>Images [batch, channels, height, width] in [−1, 1] and their labels [batch]; the caller disposes both.</summary>
    /// <param name="step">Number of the step, from 0: decides which images.</param>
    /// <param name="generator">Decides which images are mirrored.</param>
    public (Tensor Images, Tensor Labels) Draw(long step, Generator generator)
    {
        var batchesPerPass = places.Count / batchSize;
        UseOrderOf(step / batchesPerPass);
        var first = (int)(step % batchesPerPass) * batchSize;
        var size = data.Shape.Size;
        for (var row = 0; row < batchSize; row++)
        {
            var index = places[(int)_order[first + row]];
            data.CopyImage(index, _pixels.AsSpan(row * size, size));
            _labels[row] = data.Label(index);
        }
        using var scope = NewDisposeScope();
        var images = tensor(_pixels, [batchSize, data.Shape.Channels, data.Shape.Height, data.Shape.Width]).to(float32) / 127.5f - 1;
        if (horizontalFlip)
            images = where(rand(batchSize, 1, 1, 1, generator: generator) < 0.5, images.flip(3), images);
        return (images.MoveToOuterDisposeScope(), tensor(_labels).MoveToOuterDisposeScope());
    }

    private void UseOrderOf(long pass)
    {
        if (pass == _orderedPass)
            return;
        using var generator = new Generator((ulong)RandomStream.OfPass(seed, pass));
        using var permutation = randperm(places.Count, generator: generator);
        _order = permutation.data<long>().ToArray();
        _orderedPass = pass;
    }
}
