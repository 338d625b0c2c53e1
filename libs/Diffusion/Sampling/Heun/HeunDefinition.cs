namespace Ddpm.Diffusion;

/// <summary><see cref="HeunSampler{T}"/> in the catalogue.</summary>
public sealed class HeunDefinition : SamplerDefinition
{
    private const string Churn = "churn";

    /// <inheritdoc/>
    public override string Name => "heun";

    /// <inheritdoc/>
    public override int Place => 30;

    /// <inheritdoc/>
    public override string Title => "Heun";

    /// <inheritdoc/>
    public override string Summary =>
        "Looks ahead to the end of each step and goes by the mean of both ends: two evaluations a step, and a quarter of Euler's error at half the step.";

    /// <inheritdoc/>
    public override string Paper => "Karras et al. 2022, Elucidating the Design Space of Diffusion-Based Generative Models, algorithm 2";

    /// <inheritdoc/>
    public override int DefaultSteps => 25;

    /// <inheritdoc/>
    public override IReadOnlyList<SamplerOption> Options { get; } =
    [
        new NumberSamplerOption(
            Churn,
            "S_churn: noise added and removed",
            "Adds noise before each step and takes it away again, which mends earlier errors. 0 none, so that the starting noise alone decides.",
            DefaultValue: 0,
            Minimum: 0,
            Maximum: 100,
            Step: 1),
        .. ThresholdingOptions.All,
        LevelsOption.Option,
    ];

    /// <inheritdoc/>
    public override Sampler<T> Create<T>(NoiseSchedule schedule, int steps, SamplerOptionValues options) =>
        new HeunSampler<T>(
            schedule,
            LevelsOption.Read(schedule, steps, options),
            new HeunOptions { Churn = options.Number(Churn), Thresholding = ThresholdingOptions.Read(options) });
}
