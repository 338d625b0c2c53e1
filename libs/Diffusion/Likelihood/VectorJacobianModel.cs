namespace Ddpm.Diffusion;

/// <summary>One network evaluation with its vector–Jacobian product.</summary>
/// <param name="x">x_t, flat; not to be written to.</param>
/// <param name="timestep">t, 0 … T−1; fractional for continuous time.</param>
/// <param name="vector">v, of the length of <paramref name="x"/>; not to be written to.</param>
/// <param name="cancellationToken">Gives up the evaluation.</param>
/// <returns>ε and vᵀ ∂ε/∂x, both of the length of <paramref name="x"/>.</returns>
public delegate ValueTask<(T[] Noise, T[] Product)> VectorJacobianModel<T>(T[] x, double timestep, T[] vector, CancellationToken cancellationToken);
