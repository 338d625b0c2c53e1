namespace Ddpm.Denoiser;

/// <summary>What one ε-prediction is asked for.</summary>
/// <param name="X">x_t, [C, H, W] row-major, finite.</param>
/// <param name="Timestep">t, 0 … T−1, whole or fractional.</param>
/// <param name="ClassLabel">Class label; null: unconditional.</param>
/// <param name="GuidanceScale">w of classifier-free guidance; 1: none. Anything else needs a class label and a null class.</param>
/// <param name="WithVariance">Whether v follows ε in the answer; needs a network that predicts it.</param>
public sealed record NoiseQuery(
    ReadOnlyMemory<float> X, double Timestep, int? ClassLabel = null, float GuidanceScale = 1, bool WithVariance = false)
{
    /// <summary>Whether both the conditional and the unconditional prediction are needed: at w = 0 the latter is all.</summary>
    public bool IsGuided => ClassLabel is not null && GuidanceScale is not (0 or 1);

    /// <summary>Rows of a forward pass that it takes.</summary>
    public int Rows => IsGuided ? 2 : 1;
}
