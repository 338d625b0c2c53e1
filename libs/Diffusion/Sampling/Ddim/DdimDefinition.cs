namespace Ddpm.Diffusion;

/// <summary><see cref="DdimSampler{T}"/> in the catalogue.</summary>
public sealed class DdimDefinition : SamplerDefinition
{
    private const string Eta = "eta";

    /// <inheritdoc/>
    public override string Name => "ddim";

    /// <inheritdoc/>
    public override int Place => 0;

    /// <inheritdoc/>
    public override string Title => "DDIM";

    /// <inheritdoc/>
    public override string Summary =>
        "Takes large steps straight towards the predicted image: some fifty are enough. With η = 0 the starting noise alone decides the image.";

    /// <inheritdoc/>
    public override string Paper => "Song, Meng and Ermon 2020, Denoising Diffusion Implicit Models, equation 12";

    /// <inheritdoc/>
    public override int DefaultSteps => 50;

    /// <inheritdoc/>
    public override IReadOnlyList<SamplerOption> Options { get; } =
    [
        new NumberSamplerOption(
            Eta,
            "η: fresh noise",
            "How much fresh noise each step adds: 0 none, so that the path is smooth; 1 as much as DDPM.",
            DefaultValue: 0,
            Minimum: 0,
            Maximum: 1,
            Step: 0.05),
        .. ThresholdingOptions.All,
        SpacingOption.Option,
    ];

    /// <inheritdoc/>
    public override Sampler<T> Create<T>(NoiseSchedule schedule, int steps, SamplerOptionValues options) =>
        new DdimSampler<T>(
            schedule,
            steps,
            new DdimOptions { Eta = options.Number(Eta), Thresholding = ThresholdingOptions.Read(options), Spacing = SpacingOption.Read(options) });
}
