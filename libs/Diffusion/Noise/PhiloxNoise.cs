using System.Numerics;

namespace Ddpm.Diffusion;

/// <summary>
/// Noise that is a pure function of (seed, trajectory, step, use, element): it depends neither on batch, order, thread nor machine.
/// Philox 4×32-10 with the seed as key and (pair of elements, step, trajectory, use) as counter, then Box–Muller in float64.
/// </summary>
/// <param name="seed">The job's seed.</param>
/// <param name="trajectory">Index of the trajectory, at least 0.</param>
public sealed class PhiloxNoise(ulong seed, int trajectory) : INoiseSource
{
    private readonly uint _trajectory = trajectory >= 0
        ? (uint)trajectory
        : throw new ArgumentOutOfRangeException(nameof(trajectory), trajectory, "a trajectory's index is at least 0");

    /// <inheritdoc/>
    /// <remarks>In float32 these are the float64 values, rounded.</remarks>
    public void Fill<T>(Span<T> destination, int step, NoiseUse use)
        where T : struct, IFloatingPointIeee754<T>
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        for (var i = 0; i < destination.Length; i += 2)
        {
            var (x0, x1, x2, x3) = Philox.Block((uint)(i / 2), (uint)step, _trajectory, (uint)use, (uint)seed, (uint)(seed >> 32));
            var (first, second) = BoxMuller.Pair(((ulong)x1 << 32) | x0, ((ulong)x3 << 32) | x2);
            destination[i] = T.CreateTruncating(first);
            if (i + 1 < destination.Length)
                destination[i + 1] = T.CreateTruncating(second);
        }
    }
}
