namespace Ddpm.Diffusion;

/// <summary>What the DPM-Solvers of the catalogue share.</summary>
public abstract class DpmSolverDefinition : SamplerDefinition
{
    /// <inheritdoc/>
    public override int DefaultSteps => 20;

    /// <inheritdoc/>
    public override IReadOnlyList<SamplerOption> Options { get; } = [.. ThresholdingOptions.All, LevelsOption.Option];

    /// <summary>Order and kind.</summary>
    private protected abstract DpmSolverOptions Solver { get; }

    /// <inheritdoc/>
    public override Sampler<T> Create<T>(NoiseSchedule schedule, int steps, SamplerOptionValues options) =>
        new DpmSolver<T>(LevelsOption.ReadAboveLowest(schedule, steps, options), Solver with { Thresholding = ThresholdingOptions.Read(options) });
}
