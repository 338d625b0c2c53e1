namespace Ddpm.Diffusion;

/// <summary><see cref="UniPcSampler{T}"/> in the catalogue.</summary>
public sealed class UniPcDefinition : SamplerDefinition
{
    private const string Order = "order";

    /// <inheritdoc/>
    public override string Name => "unipc";

    /// <inheritdoc/>
    public override int Place => 20;

    /// <inheritdoc/>
    public override string Title => "UniPC";

    /// <inheritdoc/>
    public override string Summary =>
        "Makes each step twice, the second time with what the network said at its end, and asks it no more often for that. Ten steps go far.";

    /// <inheritdoc/>
    public override string Paper =>
        "Zhao et al. 2023, UniPC: A Unified Predictor-Corrector Framework for Fast Sampling of Diffusion Models, algorithms 1 and 2";

    /// <inheritdoc/>
    public override int DefaultSteps => 15;

    /// <inheritdoc/>
    public override IReadOnlyList<SamplerOption> Options { get; } =
    [
        new ChoiceSamplerOption(
            Order,
            "Order",
            "How many predictions a step looks back on. Three follow the smooth path more closely, two are safer with guidance.",
            "2",
            [new("1", "One"), new("2", "Two"), new("3", "Three")]),
        .. ThresholdingOptions.All,
        LevelsOption.Option,
    ];

    /// <inheritdoc/>
    public override Sampler<T> Create<T>(NoiseSchedule schedule, int steps, SamplerOptionValues options) =>
        new UniPcSampler<T>(
            LevelsOption.ReadAboveLowest(schedule, steps, options),
            new UniPcOptions { Order = options.Choice(Order)[0] - '0', Thresholding = ThresholdingOptions.Read(options) });
}
