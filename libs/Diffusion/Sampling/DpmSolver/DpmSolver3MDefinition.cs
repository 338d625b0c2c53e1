namespace Ddpm.Diffusion;

/// <summary><see cref="DpmSolver{T}"/> of order 3.</summary>
public sealed class DpmSolver3MDefinition : DpmSolverDefinition
{
    /// <inheritdoc/>
    public override string Name => "dpm-solver++-3m";

    /// <inheritdoc/>
    public override int Place => 12;

    /// <inheritdoc/>
    public override string Title => "DPM-Solver++ 3M";

    /// <inheritdoc/>
    public override string Summary => "As 2M, with the last three predictions: closer to the smooth path where there is no guidance to upset it.";

    /// <inheritdoc/>
    public override string Paper => "Lu et al. 2022, DPM-Solver++: Fast Solver for Guided Sampling of Diffusion Probabilistic Models, appendix B";

    private protected override DpmSolverOptions Solver => new() { Order = 3 };
}
