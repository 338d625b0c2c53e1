namespace Ddpm.Diffusion;

/// <summary>The option by which clients have x̂_0 clipped to the range of images.</summary>
internal static class ClipOption
{
    public const string Name = "clip_denoised";

    public static SamplerOption Option { get; } = new FlagSamplerOption(
        Name,
        "Clip the prediction",
        "Keeps the predicted clean image within black and white at every step. Off, colours may run out of range.",
        true);

    public static Thresholding? Read(SamplerOptionValues values) => values.Flag(Name) ? new Thresholding.Clip() : null;
}
