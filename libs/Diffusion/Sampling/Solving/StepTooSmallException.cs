namespace Ddpm.Diffusion;

/// <summary>An ODE's solver cannot go on: no step is small enough for its tolerance.</summary>
/// <param name="time">Where it stands.</param>
internal sealed class StepTooSmallException(double time) : Exception($"At time {time} no step is small enough for the tolerance.")
{
    public double Time { get; } = time;
}
