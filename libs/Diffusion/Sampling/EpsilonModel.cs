namespace Ddpm.Diffusion;

/// <summary>One network evaluation: predicts the noise ε in one noisy image.</summary>
/// <param name="x">x_t, flat; not to be written to.</param>
/// <param name="timestep">t, 0 … T−1; fractional for continuous-time samplers.</param>
/// <param name="cancellationToken">Gives up the evaluation.</param>
/// <returns>
/// ε, of the length of <paramref name="x"/>; for a sampler with <see cref="Sampler{T}.NeedsVariance"/> followed by v, as long, which says where the variance
/// lies between β̃ and β.
/// </returns>
public delegate ValueTask<T[]> EpsilonModel<T>(T[] x, double timestep, CancellationToken cancellationToken);
