using System.Collections.Immutable;

namespace Ddpm.Diffusion;

/// <summary>
/// Where a trajectory is between two steps. Immutable, arrays included; it holds all that the next step needs besides ε and noise, so that a
/// trajectory can be written down, continued elsewhere or forked.
/// </summary>
/// <param name="Step">Steps completed; 0 is x_T.</param>
/// <param name="X">x_t, flat.</param>
/// <param name="Denoised">x̂_0 that the last step went by; null at step 0, where nothing is predicted yet.</param>
/// <param name="Evaluations">Network evaluations so far.</param>
/// <param name="History">What a multistep sampler remembers of earlier steps, by its own names; empty for the others.</param>
public sealed record SamplerState<T>(int Step, T[] X, T[]? Denoised, long Evaluations, ImmutableDictionary<string, T[]> History)
    where T : struct;
