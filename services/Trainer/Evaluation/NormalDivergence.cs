using static TorchSharp.torch;

namespace Ddpm.Trainer.Evaluation;

/// <summary>The Kullback-Leibler divergence of two normal distributions, pixel by pixel.</summary>
internal static class NormalDivergence
{
    /// <summary>D(N(μ + d, s²) ‖ N(μ, σ²)) = ½ (ln σ²/s² + (s² + d²)/σ² − 1), in nats.</summary>
    /// <param name="difference">d.</param>
    /// <param name="posterior">s².</param>
    /// <param name="model">σ².</param>
    public static Tensor Of(Tensor difference, Tensor posterior, Tensor model) =>
        0.5 * ((model / posterior).log() + (posterior + difference.square()) / model - 1);
}
