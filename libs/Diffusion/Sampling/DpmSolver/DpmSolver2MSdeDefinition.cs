namespace Ddpm.Diffusion;

/// <summary><see cref="DpmSolver{T}"/> of order 2 for the SDE.</summary>
public sealed class DpmSolver2MSdeDefinition : DpmSolverDefinition
{
    /// <inheritdoc/>
    public override string Name => "dpm-solver++-2m-sde";

    /// <inheritdoc/>
    public override int Place => 11;

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
