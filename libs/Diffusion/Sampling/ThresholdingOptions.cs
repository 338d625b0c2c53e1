namespace Ddpm.Diffusion;

/// <summary>The options by which clients have x̂_0 kept within the range of images.</summary>
internal static class ThresholdingOptions
{
    public const string Clip = "clip_denoised";
    private const string Dynamic = "dynamic_thresholding";

    public static IReadOnlyList<SamplerOption> All { get; } =
    [
        new FlagSamplerOption(
            Clip,
            "Clip the prediction",
            "Keeps the predicted clean image within black and white at every step. Off, colours may run out of range.",
            true),
        new NumberSamplerOption(
            Dynamic,
            "Dynamic thresholding",
            "Where the prediction is clipped: the share of its values that must fit, to which the rest is scaled, 0.995 as a rule. It keeps strong guidance from burning out. 0 clips at black and white.",
            DefaultValue: 0,
            Minimum: 0,
            Maximum: 1,
            Step: 0.005),
    ];

    public static Thresholding? Read(SamplerOptionValues values) => (values.Flag(Clip), values.Number(Dynamic)) switch
    {
        (false, _) => null,
        (true, 0) => new Thresholding.Clip(),
        (true, var ratio) => new Thresholding.Dynamic(ratio, double.PositiveInfinity),
    };
}
