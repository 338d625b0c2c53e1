using Ddpm.Diffusion;
using Ddpm.Networks;
using Ddpm.Trainer.Training;
using static TorchSharp.torch;

namespace Ddpm.Trainer.Evaluation;

/// <summary>What a network says of the step from x_t to x_{t−1}.</summary>
/// <param name="Noise">ε_θ(x_t, t, class), [n, channels, height, width].</param>
/// <param name="Variance">Σ_θ(x_t, t, class), of that shape; null: the network says nothing of it.</param>
internal readonly record struct ReverseStep(Tensor Noise, Tensor? Variance);

/// <inheritdoc cref="NoisePredictor"/>
internal delegate ReverseStep ReversePredictor(Tensor noisy, Tensor timesteps, Tensor? labels);

/// <summary>Networks as predictors of the reverse step, whatever they were trained to predict.</summary>
internal static class NetworkReverse
{
    /// <summary>The network's ε and, where it learned one, its variance, in float64. Without labels a network with classes takes its null class.</summary>
    /// <exception cref="ArgumentException">It knows classes but no null class, and there are no labels.</exception>
    public static ReversePredictor Of(UNet2DModel network, SchedulerConfig scheduler)
    {
        var alphaBars = NoiseSchedules.Of(scheduler).AlphaBars.ToArray();
        var posteriors = Posterior.Chain(alphaBars);
        return (noisy, timesteps, labels) =>
        {
            using var scope = NewDisposeScope();
            if (labels is null && network.Config.NullClassEmbed is { } nullClass)
                labels = full_like(timesteps, nullClass);
            var answer = network.forward(noisy.to(network.Device), timesteps.to(network.Device), labels?.to(network.Device)).to(noisy.device).to(float64);
            var (predicted, output) = scheduler.LearnsVariance ? LearnedVariance.Split(answer) : (answer, null);
            var alphaBar = tensor(alphaBars, device: timesteps.device).index_select(0, timesteps).reshape(-1, 1, 1, 1);
            var noise = scheduler.PredictionType switch
            {
                "epsilon" => predicted,
                "v_prediction" => alphaBar.sqrt() * predicted + (1 - alphaBar).sqrt() * noisy,
                _ => (noisy - alphaBar.sqrt() * predicted) / (1 - alphaBar).sqrt(),
            };
            return new ReverseStep(noise.MoveToOuterDisposeScope(), output is null ? null : Variance(output, timesteps).MoveToOuterDisposeScope());
        };

        Tensor Variance(Tensor output, Tensor timesteps)
        {
            using var learned = new LearnedVariance(posteriors, output.device);
            return learned.Of(output, timesteps);
        }
    }
}
