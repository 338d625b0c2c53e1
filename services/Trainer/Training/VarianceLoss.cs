using Ddpm.Diffusion;
using Ddpm.Trainer.Evaluation;
using static TorchSharp.torch;

namespace Ddpm.Trainer.Training;

/// <summary>
/// L_vlb for a network that predicts its variance (Nichol and Dhariwal 2021, section 3.1), estimated from one timestep for each image: T · L_t, as
/// timesteps are drawn evenly, with L_0 the discretized decoder's. In bits per dimension, the unit of the paper's code, in which its λ = 0.001
/// is meant. The constant L_T is left out, and the mean is taken as it is, so that the gradient reaches the variance alone.
/// </summary>
internal sealed class VarianceLoss : IDisposable
{
    private readonly int _timesteps;
    private readonly LearnedVariance _variance;
    private readonly Tensor _errorScales;
    private readonly Tensor _differenceScales;
    private readonly Tensor _posteriorVariances;

    /// <param name="alphaBars">ᾱ_t for every timestep.</param>
    /// <param name="device">Where the images are.</param>
    public VarianceLoss(IReadOnlyList<double> alphaBars, Device device)
    {
        var posteriors = Posterior.Chain(alphaBars);
        var errorScales = alphaBars.Select(alphaBar => Math.Sqrt((1 - alphaBar) / alphaBar)).ToArray();
        _timesteps = posteriors.Length;
        _variance = new LearnedVariance(posteriors, device);
        _errorScales = tensor(errorScales, device: device).DetachFromDisposeScope();
        _differenceScales = tensor(posteriors.Zip(errorScales, (posterior, scale) => posterior.CleanFactor * scale).ToArray(), device: device).DetachFromDisposeScope();
        // Where the decoder stands there is no posterior; a variance of 1 keeps its unused divergence a number.
        _posteriorVariances = tensor(posteriors.Select((posterior, t) => t == 0 ? 1 : posterior.Variance).ToArray(), device: device).DetachFromDisposeScope();
    }

    /// <summary>T · L_t of each image, [n], float64.</summary>
    /// <param name="output">What the network says of the variance, [n, c, h, w].</param>
    /// <param name="predictedNoise">ε_θ, of that shape.</param>
    /// <param name="images">x_0.</param>
    /// <param name="noise">ε.</param>
    /// <param name="timesteps">[n].</param>
    public Tensor Of(Tensor output, Tensor predictedNoise, Tensor images, Tensor noise, Tensor timesteps)
    {
        // x̂_0 − x_0 = √((1−ᾱ)/ᾱ) (ε − ε_θ).
        var error = noise.to(float64) - predictedNoise.detach().to(float64);
        var clean = images.to(float64);
        var variance = _variance.Of(output, timesteps);
        var decoder = -DiscretizedGaussian.LogProbability(clean, clean + (At(_errorScales, timesteps) * error), variance.sqrt());
        var divergence = NormalDivergence.Of(At(_differenceScales, timesteps) * error, At(_posteriorVariances, timesteps), variance);
        var nats = where(timesteps.eq(0), decoder.mean([1, 2, 3]), divergence.mean([1, 2, 3]));
        return nats * (_timesteps / Math.Log(2));
    }

    public void Dispose()
    {
        _variance.Dispose();
        _errorScales.Dispose();
        _differenceScales.Dispose();
        _posteriorVariances.Dispose();
    }

    private static Tensor At(Tensor table, Tensor timesteps) => table.index_select(0, timesteps).reshape(-1, 1, 1, 1);
}
