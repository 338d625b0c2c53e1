namespace Ddpm.Diffusion;

/// <summary><see cref="EulerAncestralSampler{T}"/> in the catalogue.</summary>
public sealed class EulerAncestralDefinition : SamplerDefinition
{
    private const string Eta = "eta";

    /// <inheritdoc/>
    public override string Name => "euler-ancestral";

    /// <inheritdoc/>
    public override int Place => 41;

    /// <inheritdoc/>
    public override string Title => "Euler ancestral";

    /// <inheritdoc/>
    public override string Summary => "Euler's step a little too far, and fresh noise back up to the next level. Lively, and different at every number of steps.";

    /// <inheritdoc/>
    public override string Paper => "Crowson 2022, k-diffusion, sample_euler_ancestral, after Ho et al. 2020, algorithm 2";

    /// <inheritdoc/>
    public override int DefaultSteps => 50;

    /// <inheritdoc/>
    public override IReadOnlyList<SamplerOption> Options { get; } =
    [
        new NumberSamplerOption(
            Eta, "η: fresh noise", "How much fresh noise each step adds: 0 none, which is Euler; 1 as much as DDPM.", DefaultValue: 1, Minimum: 0, Maximum: 1, Step: 0.05),
        .. ThresholdingOptions.All,
        LevelsOption.Option,
    ];

    /// <inheritdoc/>
    public override Sampler<T> Create<T>(NoiseSchedule schedule, int steps, SamplerOptionValues options) =>
        new EulerAncestralSampler<T>(LevelsOption.Read(schedule, steps, options), options.Number(Eta), ThresholdingOptions.Read(options));
}
