namespace Ddpm.Denoiser;

/// <summary>One row of a forward pass.</summary>
/// <param name="X">x_t, [C, H, W] row-major.</param>
/// <param name="Timestep">t, 0 … T−1, whole or fractional.</param>
/// <param name="EmbeddedClass">Row of the class embedding; null exactly for an unconditional network.</param>
public readonly record struct NetworkRow(ReadOnlyMemory<float> X, double Timestep, int? EmbeddedClass);
