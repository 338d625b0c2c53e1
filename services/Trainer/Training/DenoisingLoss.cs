using Ddpm.Trainer.Recipes;
using static TorchSharp.torch;

namespace Ddpm.Trainer.Training;

/// <summary>
/// The loss of each image of a batch: the mean squared error of what the network predicts, weighted by its noise level.
/// <list type="bullet">
/// <item><c>simple</c>: 1, L_simple of Ho et al. 2020, equation 14.</item>
/// <item><c>score_matching</c>: σ_t² ‖s_θ(x_t, t) − ∇ log q(x_t | x_0)‖² with s_θ = −ε_θ / σ_t, the denoising score matching of Song et al. 2021,
/// equation 7 with λ(t) = σ_t². The same number as <c>simple</c>, on another way.</item>
/// <item><c>min_snr</c>: min(SNR_t, γ) / SNR_t for ε, / (SNR_t + 1) for v, and min(SNR_t, γ) for x_0 (Hang et al. 2023, section 3.4).</item>
/// </list>
/// A network that predicts its variance too has L_hybrid = that loss of its noise + λ L_vlb with λ = 0.001 (Nichol and Dhariwal 2021, equation 16).
/// The gradient of L_vlb reaches the variance alone, so that any weighting may stand beside it.
/// </summary>
internal sealed class DenoisingLoss : IDisposable
{
    // λ of L_hybrid.
    private const double VarianceLossWeight = 0.001;

    private readonly string _predictionType;
    private readonly string _weighting;
    private readonly Tensor _signalRates;
    private readonly Tensor _noiseRates;
    private readonly Tensor _weights;
    private readonly VarianceLoss? _varianceLoss;

    /// <param name="recipe">What is predicted, and the weighting.</param>
    /// <param name="alphaBars">ᾱ_t for every timestep.</param>
    /// <param name="device">Where the images are; null: the CPU.</param>
    public DenoisingLoss(Recipe recipe, IReadOnlyList<double> alphaBars, Device? device = null)
    {
        (_predictionType, _weighting) = (recipe.Schedule.PredictionType, recipe.Training.LossWeighting);
        using var scope = NewDisposeScope();
        var alphaBar = tensor(alphaBars.ToArray(), device: device);
        var snr = alphaBar / (1 - alphaBar);
        _signalRates = alphaBar.sqrt().to(float32).DetachFromDisposeScope();
        _noiseRates = (1 - alphaBar).sqrt().to(float32).DetachFromDisposeScope();
        _weights = Weights(snr, recipe.Training.MinSnrGamma).to(float32).DetachFromDisposeScope();
        _varianceLoss = recipe.Schedule.LearnsVariance ? new VarianceLoss(alphaBars, device ?? CPU) : null;
    }

    /// <summary>x_t = √ᾱ_t·x_0 + √(1 − ᾱ_t)·ε, [n, c, h, w].</summary>
    /// <param name="images">x_0, [n, c, h, w].</param>
    /// <param name="noise">ε, of that shape.</param>
    /// <param name="timesteps">[n].</param>
    public Tensor Disturb(Tensor images, Tensor noise, Tensor timesteps) =>
        (At(_signalRates, timesteps) * images) + (At(_noiseRates, timesteps) * noise);

    /// <summary>The loss of each image, [n].</summary>
    /// <param name="prediction">Of the network, [n, c, h, w], or [n, 2c, h, w] where it predicts its variance.</param>
    /// <param name="images">x_0.</param>
    /// <param name="noise">ε.</param>
    /// <param name="timesteps">[n].</param>
    public Tensor Of(Tensor prediction, Tensor images, Tensor noise, Tensor timesteps)
    {
        if (_varianceLoss is null)
            return OfMean(prediction, images, noise, timesteps);
        var (predictedNoise, output) = LearnedVariance.Split(prediction);
        var ofVariance = _varianceLoss.Of(output, predictedNoise, images, noise, timesteps);
        return OfMean(predictedNoise, images, noise, timesteps) + (VarianceLossWeight * ofVariance).to(float32);
    }

    /// <summary>
    /// The loss of each image, [n], of what a prediction of the noise says of that which the recipe's network predicts; that of a variance is
    /// left out.
    /// </summary>
    /// <param name="noisy">x_t.</param>
    /// <param name="predictedNoise">ε_θ(x_t, t), of that shape.</param>
    /// <param name="images">x_0.</param>
    /// <param name="noise">ε.</param>
    /// <param name="timesteps">[n].</param>
    public Tensor OfNoise(Tensor noisy, Tensor predictedNoise, Tensor images, Tensor noise, Tensor timesteps)
    {
        var denoised = (noisy - (At(_noiseRates, timesteps) * predictedNoise)) / At(_signalRates, timesteps);
        return OfMean(Target(denoised, predictedNoise, timesteps), images, noise, timesteps);
    }

    public void Dispose()
    {
        _signalRates.Dispose();
        _noiseRates.Dispose();
        _weights.Dispose();
        _varianceLoss?.Dispose();
    }

    private Tensor OfMean(Tensor prediction, Tensor images, Tensor noise, Tensor timesteps) => _weighting switch
    {
        "score_matching" => ScoreMatching(prediction, images, noise, timesteps),
        _ => MeanSquare(prediction - Target(images, noise, timesteps)) * _weights.index_select(0, timesteps),
    };

    private Tensor Target(Tensor images, Tensor noise, Tensor timesteps) => _predictionType switch
    {
        "epsilon" => noise,
        "v_prediction" => (At(_signalRates, timesteps) * noise) - (At(_noiseRates, timesteps) * images),
        _ => images,
    };

    private Tensor ScoreMatching(Tensor predictedNoise, Tensor images, Tensor noise, Tensor timesteps)
    {
        var sigma = At(_noiseRates, timesteps);
        var score = -predictedNoise / sigma;
        var target = -(Disturb(images, noise, timesteps) - (At(_signalRates, timesteps) * images)) / sigma.square();
        return MeanSquare(sigma * (score - target));
    }

    private Tensor Weights(Tensor snr, double gamma) => (_weighting, _predictionType) switch
    {
        ("min_snr", "epsilon") => snr.clamp_max(gamma) / snr,
        ("min_snr", "v_prediction") => snr.clamp_max(gamma) / (snr + 1),
        ("min_snr", _) => snr.clamp_max(gamma),
        _ => ones_like(snr),
    };

    private static Tensor MeanSquare(Tensor difference) => difference.square().mean([1, 2, 3]);

    private static Tensor At(Tensor table, Tensor timesteps) => table.index_select(0, timesteps).reshape(-1, 1, 1, 1);
}
