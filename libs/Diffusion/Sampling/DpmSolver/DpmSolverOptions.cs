namespace Ddpm.Diffusion;

/// <summary>What a DPM-Solver extrapolates.</summary>
public enum DpmSolverKind
{
    /// <summary>x̂_0: DPM-Solver++.</summary>
    Data,

    /// <summary>x̂_0, and the SDE is solved instead of the ODE: SDE-DPM-Solver++. Of order 1 or 2.</summary>
    DataSde,

    /// <summary>ε: DPM-Solver, as it was before.</summary>
    Noise,
}

/// <summary>Options of <see cref="DpmSolver{T}"/>.</summary>
public sealed record DpmSolverOptions
{
    /// <summary>Order, 1 … 3: how many evaluations, the last ones, a step uses. Default: 2.</summary>
    public int Order { get; init; } = 2;

    /// <summary>What is extrapolated. Default: x̂_0.</summary>
    public DpmSolverKind Kind { get; init; } = DpmSolverKind.Data;

    /// <summary>How x̂_0 is kept within range. Default: clipped to [−1, 1]. Null: not at all.</summary>
    public Thresholding? Thresholding { get; init; } = new Thresholding.Clip();
}
