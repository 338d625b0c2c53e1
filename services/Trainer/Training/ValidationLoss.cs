using Ddpm.Diffusion;
using Ddpm.Trainer.Data;
using Ddpm.Trainer.Evaluation;
using Ddpm.Trainer.Recipes;
using static TorchSharp.torch;

namespace Ddpm.Trainer.Training;

/// <summary>
/// The recipe's loss on the images kept apart. Image k always has the same timestep and the same noise, and the timesteps lie evenly over the
/// schedule: two networks compare image by image, whatever they predict.
/// </summary>
internal sealed class ValidationLoss : IDisposable
{
    private const int BatchSize = 64;

    /// <summary>Of the golden section: its multiples modulo 1 lie evenly, however many are taken.</summary>
    private const double Golden = 0.6180339887498949;

    private readonly Recipe _recipe;
    private readonly ImageDataSet _data;
    private readonly IReadOnlyList<int> _places;
    private readonly DenoisingLoss _loss;

    /// <param name="recipe">Its loss, and which images are kept apart.</param>
    /// <param name="data">The images; stay the caller's.</param>
    public ValidationLoss(Recipe recipe, ImageDataSet data)
    {
        (_recipe, _data) = (recipe, data);
        _places = DataSplit.Of(recipe.Data, data.Count).Validation;
        _loss = new DenoisingLoss(recipe, NoiseSchedules.Of(recipe.Schedule).AlphaBars);
    }

    /// <summary>Images kept apart.</summary>
    public int Count => _places.Count;

    /// <summary>The loss of each image.</summary>
    /// <param name="predict">ε_θ.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public IReadOnlyList<double> Of(NoisePredictor predict, CancellationToken cancellationToken)
    {
        using var unrecorded = no_grad();
        var losses = new List<double>(Count);
        foreach (var batch in Enumerable.Range(0, Count).Chunk(BatchSize))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var (images, labels) = Read(batch);
            var timesteps = tensor([.. batch.Select(Timestep)]);
            var noise = Noise(batch, images.shape);
            var noisy = _loss.Disturb(images, noise, timesteps);
            var predictedNoise = predict(noisy, timesteps, _recipe.Network.NumClassEmbeds is null ? null : labels).to(float32);
            losses.AddRange(_loss.OfNoise(noisy, predictedNoise, images, noise, timesteps).data<float>().ToArray().Select(loss => (double)loss));
        }
        return losses;
    }

    public void Dispose() => _loss.Dispose();

    private long Timestep(int image) => (long)((image + 0.5) * Golden % 1 * _recipe.Schedule.NumTrainTimesteps);

    private (Tensor Images, Tensor Labels) Read(int[] batch)
    {
        var shape = _data.Shape;
        var pixels = new byte[batch.Length * shape.Size];
        foreach (var (row, image) in batch.Index())
            _data.CopyImage(_places[image], pixels.AsSpan(row * shape.Size, shape.Size));
        var labels = tensor([.. batch.Select(image => (long)_data.Label(_places[image]))]);
        return (tensor(pixels, [batch.Length, shape.Channels, shape.Height, shape.Width]).to(float32) / 127.5f - 1, labels);
    }

    private static Tensor Noise(int[] batch, long[] shape)
    {
        var size = (int)(shape[1] * shape[2] * shape[3]);
        var values = new float[batch.Length * size];
        foreach (var (row, image) in batch.Index())
            new PhiloxNoise(0, image).Fill(values.AsSpan(row * size, size), 0, NoiseUse.Step);
        return tensor(values, shape);
    }
}
