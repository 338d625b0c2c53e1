using Ddpm.Networks;
using Ddpm.Safetensors;
using Ddpm.Trainer.Data;
using Ddpm.Trainer.Recipes;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddpm.Trainer.Training;

/// <summary>A recipe being carried out: a network, its moving average, and a seeded stream of batches, timesteps and noise.</summary>
public sealed class TrainingSession : IDisposable
{
    private readonly Recipe _recipe;
    private readonly Device _device;
    private readonly Generator _generator;
    private readonly BatchSource _batches;
    private readonly Optimisation _optimisation;

    /// <param name="recipe">What to do.</param>
    /// <param name="data">Of the recipe's shape; stays the caller's.</param>
    /// <param name="parent">Its weights are trained further; stays the caller's. Null: the recipe's seed draws weights.</param>
    /// <param name="device">Where it computes; null: the CPU. What is drawn does not depend on it.</param>
    /// <exception cref="InvalidConfigException">The recipe does not fit the data.</exception>
    public TrainingSession(Recipe recipe, ImageDataSet data, UNet2DModel? parent = null, Device? device = null)
    {
        if (data.Shape != recipe.ImageShape)
            throw new ArgumentException($"The images are {data.Shape}, the network takes {recipe.ImageShape}.", nameof(data));
        ThrowIfMismatched(recipe, data.Count, data.Classes);
        _recipe = recipe;
        _device = device ?? CPU;
        _generator = new Generator();
        _batches = new BatchSource(data, DataSplit.Of(recipe.Data, data.Count).Training, recipe.Training.BatchSize, recipe.Data.HorizontalFlip, recipe.Training.Seed);
        var network = new UNet2DModel(recipe.Network, recipe.Training.Seed);
        if (parent is not null)
            network.CopyWeights(parent);
        network.to(_device);
        var averaged = new UNet2DModel(recipe.Network);
        averaged.eval();
        averaged.to(_device);
        _optimisation = new Optimisation(recipe, network, averaged, NoiseSchedules.Of(recipe.Schedule));
    }

    /// <summary>Optimiser steps done.</summary>
    public long StepsDone => _optimisation.StepsDone;

    /// <inheritdoc cref="Optimisation.RecentLoss"/>
    public double RecentLoss => _optimisation.RecentLoss;

    /// <summary>The moving average of the weights, on the device: what is worth keeping.</summary>
    public UNet2DModel Averaged => _optimisation.Averaged;

    /// <summary>Draws a batch, its timesteps and its noise, and takes one optimiser step.</summary>
    public StepResult Step()
    {
        using var scope = NewDisposeScope();
        var batches = _recipe.Training.GradientAccumulationSteps;
        return _optimisation.Step(Enumerable.Range(0, batches).Select(i => Draw((StepsDone * batches) + i)));
    }

    /// <summary>A batch, its timesteps, its noise and its dropout: a pure function of the recipe and the batch's number, drawn on the CPU whatever the device.</summary>
    private NoisyBatch Draw(long number)
    {
        _generator.manual_seed(RandomStream.OfStep(_recipe.Training.Seed, number));
        var (images, labels) = _batches.Draw(number, _generator);
        var count = images.shape[0];
        var timesteps = randint(0, _recipe.Schedule.NumTrainTimesteps, [count], dtype: int64, generator: _generator);
        var noise = randn(images.shape, generator: _generator);
        if (_recipe.Training.ClassDropout > 0)
            labels = where(rand(count, generator: _generator) < _recipe.Training.ClassDropout, _recipe.Network.NullClassEmbed!.Value, labels);
        return new NoisyBatch(
            images.to(_device), noise.to(_device), timesteps.to(_device), _recipe.Network.NumClassEmbeds is null ? null : labels.to(_device),
            RandomStream.OfDropout(_recipe.Training.Seed, number));
    }

    /// <summary>Writes everything that the next step depends on; aside first, then renamed.</summary>
    /// <exception cref="IOException">It could not be written; what was at <paramref name="path"/> is still there.</exception>
    public void Save(string path)
    {
        var writer = new SafetensorsWriter();
        _optimisation.Save(writer);
        writer.Write(path);
    }

    /// <summary>Goes on from what <see cref="Save"/> wrote for the same recipe: the weights at the end are those of an undisturbed run.</summary>
    /// <exception cref="SafetensorsException">The file is damaged, or of another recipe.</exception>
    public void Restore(string path)
    {
        using var file = SafetensorsFile.Open(path);
        _optimisation.Restore(file);
    }

    public void Dispose()
    {
        _optimisation.Network.Dispose();
        _optimisation.Averaged.Dispose();
        _optimisation.Dispose();
        _generator.Dispose();
    }

    /// <exception cref="InvalidConfigException">The recipe does not fit the data; names each field and rule.</exception>
    public static void ThrowIfMismatched(Recipe recipe, int images, int classes)
    {
        var violations = Mismatches(recipe, images, classes).ToList();
        if (violations.Count > 0)
            throw new InvalidConfigException("recipe", violations);
    }

    private static IEnumerable<FieldViolation> Mismatches(Recipe recipe, int images, int classes)
    {
        var apart = DataSplit.ValidationImages(recipe.Data, images);
        if (apart >= images)
            yield return new("data.validation_images", $"must be less than the number of images ({images}), is {apart}");
        else if (recipe.Training.BatchSize > images - apart)
            yield return new("training.batch_size", $"must be at most the number of images that are trained on ({images - apart}), is {recipe.Training.BatchSize}");
        var rows = (recipe.Network.NumClassEmbeds ?? int.MaxValue) - (recipe.Network.NullClassEmbed is null ? 0 : 1);
        if (classes > rows)
            yield return new("network.num_class_embeds", $"must have a row for each of the data's {classes} classes beside the null class; has {rows}");
    }
}
