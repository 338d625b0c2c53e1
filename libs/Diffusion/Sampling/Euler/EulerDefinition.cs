namespace Ddpm.Diffusion;

/// <summary><see cref="EulerSampler{T}"/> in the catalogue.</summary>
public sealed class EulerDefinition : SamplerDefinition
{
    /// <inheritdoc/>
    public override string Name => "euler";

    /// <inheritdoc/>
    public override int Place => 40;

    /// <inheritdoc/>
    public override string Title => "Euler";

    /// <inheritdoc/>
    public override string Summary => "The plainest way along the smooth path: straight ahead at each step. DDIM, with a free choice of noise levels.";

    /// <inheritdoc/>
    public override string Paper => "Karras et al. 2022, Elucidating the Design Space of Diffusion-Based Generative Models, equation 1";

    /// <inheritdoc/>
    public override int DefaultSteps => 50;

    /// <inheritdoc/>
    public override IReadOnlyList<SamplerOption> Options { get; } = [.. ThresholdingOptions.All, LevelsOption.Option];

    /// <inheritdoc/>
    public override Sampler<T> Create<T>(NoiseSchedule schedule, int steps, SamplerOptionValues options) =>
        new EulerSampler<T>(LevelsOption.Read(schedule, steps, options), ThresholdingOptions.Read(options));
}
