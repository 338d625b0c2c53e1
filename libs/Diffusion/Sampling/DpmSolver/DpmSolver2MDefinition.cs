namespace Ddpm.Diffusion;

/// <summary><see cref="DpmSolver{T}"/> of order 2.</summary>
public sealed class DpmSolver2MDefinition : DpmSolverDefinition
{
    /// <inheritdoc/>
    public override string Name => "dpm-solver++-2m";

    /// <inheritdoc/>
    public override int Place => 10;

    /// <inheritdoc/>
    public override string Title => "DPM-Solver++ 2M";

    /// <inheritdoc/>
    public override string Summary =>
        "Solves the smooth path with the last two predictions at each step: twenty steps for what takes DDIM fifty or more.";

    /// <inheritdoc/>
    public override string Paper => "Lu et al. 2022, DPM-Solver++: Fast Solver for Guided Sampling of Diffusion Probabilistic Models, algorithm 2";

    private protected override DpmSolverOptions Solver => new() { Order = 2 };
}
