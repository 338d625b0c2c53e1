namespace Ddpm.Diffusion;

/// <summary><see cref="VpSdeSampler{T}"/> in the catalogue.</summary>
public sealed class VpSdeDefinition : SamplerDefinition
{
    private const string EndTime = "end_time";
    private const string Denoise = "denoise";

    /// <inheritdoc/>
    public override string Name => "vp-sde";

    /// <inheritdoc/>
    public override string Title => "VP-SDE";

    /// <inheritdoc/>
    public override string Summary =>
        "Follows the diffusion backwards in continuous time, in many small random steps. A few hundred of them make clean images.";

    /// <inheritdoc/>
    public override string Paper =>
        "Song et al. 2021, Score-Based Generative Modeling through Stochastic Differential Equations, equation 6, by Euler–Maruyama";

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
            DefaultValue: 0.001,
            Minimum: 0.0001,
            Maximum: 0.1,
            Step: 0.0001),
    ];

    /// <inheritdoc/>
    public override int StepLimit(NoiseSchedule schedule) => MaxSteps;

    /// <inheritdoc/>
    public override Sampler<T> Create<T>(NoiseSchedule schedule, int steps, SamplerOptionValues options) =>
        new VpSdeSampler<T>(schedule, steps, new VpSdeOptions { Denoise = options.Flag(Denoise), EndTime = options.Number(EndTime) });
}
