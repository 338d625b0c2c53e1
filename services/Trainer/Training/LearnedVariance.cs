using Ddpm.Diffusion;
using static TorchSharp.torch;

namespace Ddpm.Trainer.Training;

/// <summary>
/// The variance of the reverse process that a network predicts beside the noise: Σ_θ(x_t, t) = exp(v ln β_t + (1 − v) ln β̃_t) for each pixel
/// (Nichol and Dhariwal 2021, equation 15), diffusers' <c>learned_range</c>, with v = (output + 1) / 2, which nothing holds within 0 … 1. β̃_0
/// is 0, and β̃_1 stands for it.
/// </summary>
internal sealed class LearnedVariance : IDisposable
{
    private readonly Tensor _logSmallest;
    private readonly Tensor _logRange;

    /// <param name="posteriors">q(x_{t−1} | x_t, x_0) for every timestep.</param>
    /// <param name="device">Where the outputs are.</param>
    public LearnedVariance(IReadOnlyList<Posterior> posteriors, Device device)
    {
        double[] logSmallest = [.. posteriors.Select((_, t) => Math.Log(posteriors[Math.Max(t, 1)].Variance))];
        _logSmallest = tensor(logSmallest, device: device).DetachFromDisposeScope();
        _logRange = tensor(posteriors.Zip(logSmallest, (posterior, smallest) => Math.Log(posterior.Beta) - smallest).ToArray(), device: device).DetachFromDisposeScope();
    }

    /// <summary>Divides what such a network answers, [n, 2c, h, w], into the noise and the output of the variance, [n, c, h, w] each.</summary>
    public static (Tensor Noise, Tensor Output) Split(Tensor answer)
    {
        var halves = answer.chunk(2, 1);
        return (halves[0], halves[1]);
    }

    /// <summary>Σ_θ, [n, c, h, w], float64.</summary>
    /// <param name="output">What the network says of it, of that shape; about −1 … 1.</param>
    /// <param name="timesteps">[n].</param>
    public Tensor Of(Tensor output, Tensor timesteps)
    {
        var v = (output.to(float64) + 1) / 2;
        return (At(_logSmallest, timesteps) + (v * At(_logRange, timesteps))).exp();
    }

    public void Dispose()
    {
        _logSmallest.Dispose();
        _logRange.Dispose();
    }

    private static Tensor At(Tensor table, Tensor timesteps) => table.index_select(0, timesteps).reshape(-1, 1, 1, 1);
}
