using Ddpm.Diffusion;
using Ddpm.Storage.Models;

namespace Ddpm.Denoiser;

/// <summary>What a network takes and what it predicts.</summary>
/// <param name="Channels">C of a row.</param>
/// <param name="Height">H of a row.</param>
/// <param name="Width">W of a row.</param>
/// <param name="Prediction">What it was trained to predict.</param>
/// <param name="Schedule">The noise schedule that it was trained on.</param>
/// <param name="Classes">Number of classes, the null class not among them; 0: unconditional.</param>
/// <param name="NullClass">Row of the class embedding that stands for no class; null: there is none.</param>
public sealed record NetworkDescription(
    int Channels, int Height, int Width, PredictionTarget Prediction, NoiseSchedule Schedule, int Classes, int? NullClass)
{
    /// <summary>Elements of a row.</summary>
    public int Elements => Channels * Height * Width;

    public int[] Shape => [Channels, Height, Width];
}
