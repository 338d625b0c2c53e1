namespace Ddpm.Diffusion;

/// <summary><see cref="DdpmSampler{T}"/> in the catalogue.</summary>
public sealed class DdpmDefinition : SamplerDefinition
{
    private const string Variance = "variance";
    private const string FixedSmall = "fixed_small";
    private const string FixedLarge = "fixed_large";
    private const string Interpolated = "interpolated";
    private const string Learned = "learned";
    private const string Interpolation = "interpolation";

    /// <inheritdoc/>
    public override string Name => "ddpm";

    /// <inheritdoc/>
    public override int Place => 60;

    /// <inheritdoc/>
    public override string Title => "DDPM";

    /// <inheritdoc/>
    public override string Summary =>
        "The original: walks back through the noise levels one by one and adds a little fresh noise at each. Faithful and varied, but slow.";

    /// <inheritdoc/>
    public override string Paper => "Ho, Jain and Abbeel 2020, Denoising Diffusion Probabilistic Models, algorithm 2";

    /// <inheritdoc/>
    public override int DefaultSteps => 1000;

    /// <inheritdoc/>
    public override IReadOnlyList<SamplerOption> Options { get; } =
    [
        new ChoiceSamplerOption(
            Variance,
            "Noise added at each step",
            "How strong the fresh noise is. All are right in the limit of many steps; with few steps, small gives cleaner images.",
            FixedSmall,
            [new(FixedSmall, "Small: the posterior's variance"), new(FixedLarge, "Large: the forward step's variance"), new(Interpolated, "Between the two"), new(Learned, "Learned: what the network says of each pixel", NeedsVariance: true)]),
        new NumberSamplerOption(
            Interpolation,
            "Between small and large",
            "0 is small and 1 is large, in the logarithm. Of no account unless the noise is between the two.",
            DefaultValue: 0.5,
            Minimum: 0,
            Maximum: 1,
            Step: 0.05),
        .. ThresholdingOptions.All,
        SpacingOption.Option,
    ];

    /// <inheritdoc/>
    public override Sampler<T> Create<T>(NoiseSchedule schedule, int steps, SamplerOptionValues options) =>
        new DdpmSampler<T>(
            schedule,
            steps,
            new DdpmOptions
            {
                Variance = options.Choice(Variance) switch
                {
                    FixedLarge => DdpmVariance.FixedLarge,
                    Interpolated => DdpmVariance.Interpolated,
                    Learned => DdpmVariance.Learned,
                    _ => DdpmVariance.FixedSmall,
                },
                Interpolation = options.Number(Interpolation),
                Thresholding = ThresholdingOptions.Read(options),
                Spacing = SpacingOption.Read(options),
            });
}
