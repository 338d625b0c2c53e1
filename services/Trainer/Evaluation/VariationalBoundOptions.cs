using Ddpm.Diffusion;

namespace Ddpm.Trainer.Evaluation;

/// <summary>How the variational bound is measured.</summary>
public sealed record VariationalBoundOptions
{
    /// <summary>σ_t² of the reverse process. Default: <see cref="DdpmVariance.FixedSmall"/>. Ignored for a network that learned its own.</summary>
    public DdpmVariance Variance { get; init; } = DdpmVariance.FixedSmall;

    /// <summary>
    /// Each image takes every so manieth of the terms L_1 … L_{T−1}, from a random first one on, times this number: an estimate without bias for
    /// as much less work. 1 … T − 1; default 1: all terms.
    /// </summary>
    public int Every { get; init; } = 1;

    /// <summary>Whether x̂_0 is held within [−1, 1], as the paper's samples are. Default true.</summary>
    public bool ClipDenoised { get; init; } = true;

    /// <summary>Images evaluated at once; changes no figure but by the network's rounding. Default 64.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>Chooses the noise and the terms. Default 0.</summary>
    public long Seed { get; init; }
}
