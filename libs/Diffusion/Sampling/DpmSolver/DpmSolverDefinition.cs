namespace Ddpm.Diffusion;

/// <summary>What the DPM-Solvers of the catalogue share.</summary>
public abstract class DpmSolverDefinition : SamplerDefinition
{
    /// <inheritdoc/>
    public override int DefaultSteps => 20;

    /// <inheritdoc/>
    public override IReadOnlyList<SamplerOption> Options { get; } = [ClipOption.Option, LevelsOption.Option];

    /// <inheritdoc/>
    public override int StepLimit(NoiseSchedule schedule) => Math.Min(MaxSteps, schedule.Timesteps);

    /// <summary>Order and kind.</summary>
    private protected abstract DpmSolverOptions Solver { get; }

    /// <inheritdoc/>
    public override Sampler<T> Create<T>(NoiseSchedule schedule, int steps, SamplerOptionValues options) =>
        new DpmSolver<T>(LevelsOption.Read(schedule, steps, options), Solver with { Thresholding = ClipOption.Read(options) });
}

/// <summary><see cref="DpmSolver{T}"/> of order 2.</summary>
public sealed class DpmSolver2MDefinition : DpmSolverDefinition
{
    /// <inheritdoc/>
    public override string Name => "dpm-solver++-2m";

    /// <inheritdoc/>
    public override string Title => "DPM-Solver++ 2M";

    /// <inheritdoc/>
    public override string Summary =>
        "Solves the smooth path with the last two predictions at each step: twenty steps for what takes DDIM fifty or more.";

    /// <inheritdoc/>
    public override string Paper => "Lu et al. 2022, DPM-Solver++: Fast Solver for Guided Sampling of Diffusion Probabilistic Models, algorithm 2";

    private protected override DpmSolverOptions Solver => new() { Order = 2 };
}

/// <summary><see cref="DpmSolver{T}"/> of order 2 for the SDE.</summary>
public sealed class DpmSolver2MSdeDefinition : DpmSolverDefinition
{
    /// <inheritdoc/>
    public override string Name => "dpm-solver++-2m-sde";

    /// <inheritdoc/>
    public override string Title => "DPM-Solver++ 2M SDE";

    /// <inheritdoc/>
    public override string Summary =>
        "DPM-Solver++ with fresh noise at every step, which mends the errors of earlier ones. Wants some more steps, and varies more.";

    /// <inheritdoc/>
    public override string Paper =>
        "Lu et al. 2022, DPM-Solver++: Fast Solver for Guided Sampling of Diffusion Probabilistic Models, section 6, SDE-DPM-Solver++(2M)";

    private protected override DpmSolverOptions Solver => new() { Order = 2, Kind = DpmSolverKind.DataSde };
}

/// <summary><see cref="DpmSolver{T}"/> of order 3.</summary>
public sealed class DpmSolver3MDefinition : DpmSolverDefinition
{
    /// <inheritdoc/>
    public override string Name => "dpm-solver++-3m";

    /// <inheritdoc/>
    public override string Title => "DPM-Solver++ 3M";

    /// <inheritdoc/>
    public override string Summary => "As 2M, with the last three predictions: closer to the smooth path where there is no guidance to upset it.";

    /// <inheritdoc/>
    public override string Paper => "Lu et al. 2022, DPM-Solver++: Fast Solver for Guided Sampling of Diffusion Probabilistic Models, appendix B";

    private protected override DpmSolverOptions Solver => new() { Order = 3 };
}
