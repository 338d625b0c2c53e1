using Ddpm.Networks;
using static TorchSharp.torch;

namespace Ddpm.Trainer.Evaluation;

/// <summary>ε_θ(x_t, t, class).</summary>
/// <param name="noisy">x_t, [n, channels, height, width], float32.</param>
/// <param name="timesteps">[n], int64, 0 … T − 1.</param>
/// <param name="labels">[n], int64; null: no classes.</param>
/// <returns>The noise, of the shape of <paramref name="noisy"/>.</returns>
public delegate Tensor NoisePredictor(Tensor noisy, Tensor timesteps, Tensor? labels);

/// <summary>Networks as predictors of noise, whatever they were trained to predict.</summary>
public static class NetworkNoise
{
    /// <inheritdoc cref="Of(UNet2DModel, SchedulerConfig)"/>
    public static NoisePredictor Of(Checkpoint checkpoint) => Of(checkpoint.Network, checkpoint.Scheduler);

    /// <summary>The network's ε, in float64. Without labels a network with classes takes its null class.</summary>
    /// <exception cref="ArgumentException">It knows classes but no null class, and there are no labels.</exception>
    public static NoisePredictor Of(UNet2DModel network, SchedulerConfig scheduler)
    {
        var predict = NetworkReverse.Of(network, scheduler);
        return (noisy, timesteps, labels) =>
        {
            using var scope = NewDisposeScope();
            return predict(noisy, timesteps, labels).Noise.MoveToOuterDisposeScope();
        };
    }
}
