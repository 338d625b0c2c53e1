namespace Ddpm.Diffusion;

/// <summary><see cref="SubVpSampler{T}"/> in the catalogue.</summary>
public sealed class SubVpDefinition : SamplerDefinition
{
    private const string EndTime = "end_time";
    private const string Denoise = "denoise";

    /// <inheritdoc/>
    public override string Name => "sub-vp";

    /// <inheritdoc/>
    public override int Place => 71;

    /// <inheritdoc/>
    public override string Title => "Sub-VP SDE";

    /// <inheritdoc/>
    public override string Summary =>
        "Follows a diffusion backwards whose noise is never more than the VP-SDE's, and much less near the image. Wants many steps as that does.";

    /// <inheritdoc/>
    public override string Paper =>
        "Song et al. 2021, Score-Based Generative Modeling through Stochastic Differential Equations, equation 29, by algorithm 3 without correctors";

    /// <inheritdoc/>
    public override int DefaultSteps => 500;

    /// <inheritdoc/>
    public override IReadOnlyList<SamplerOption> Options { get; } =
    [
        new FlagSamplerOption(Denoise, "Clean last step", "Adds no noise in the last step. Off, a faint grain stays in the image.", true),
        new NumberSamplerOption(
            EndTime,
            "Time of the last step",
            "How close to the clean image, at time 0, the last step begins. Time 1 is pure noise.",
            new SubVpOptions().EndTime,
            Minimum: 0.001,
            Maximum: 0.1,
            Step: 0.001),
    ];

    /// <inheritdoc/>
    public override int StepLimit(NoiseSchedule schedule) => MaxSteps;

    /// <inheritdoc/>
    public override Sampler<T> Create<T>(NoiseSchedule schedule, int steps, SamplerOptionValues options) =>
        new SubVpSampler<T>(schedule, steps, new SubVpOptions { EndTime = options.Number(EndTime), Denoise = options.Flag(Denoise) });
}
