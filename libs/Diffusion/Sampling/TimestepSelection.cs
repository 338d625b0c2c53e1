namespace Ddpm.Diffusion;

/// <summary>The formulas of <see cref="TimestepSpacing"/>.</summary>
public static class TimestepSelection
{
    /// <summary>Selects <paramref name="steps"/> distinct timesteps, falling.</summary>
    /// <param name="spacing">Which ones.</param>
    /// <param name="timesteps">T.</param>
    /// <param name="steps">n, 1 … T.</param>
    /// <param name="offset">Added to <see cref="TimestepSpacing.Leading"/> timesteps only.</param>
    /// <exception cref="ArgumentException">n is not within 1 … T, or the offset leads out of 0 … T−1.</exception>
    public static int[] Select(TimestepSpacing spacing, int timesteps, int steps, int offset = 0)
    {
        if (steps < 1 || steps > timesteps)
            throw new ArgumentException($"{steps} steps of a schedule of {timesteps} timesteps; there can be 1 … {timesteps}.", nameof(steps));

        int[] rising = spacing switch
        {
            TimestepSpacing.Leading => [.. Enumerable.Range(0, steps).Select(i => (i * (timesteps / steps)) + offset)],
            TimestepSpacing.Trailing =>
                [.. Enumerable.Range(0, steps).Select(i => RoundToEven(timesteps - ((steps - 1 - i) * ((double)timesteps / steps))) - 1)],
            TimestepSpacing.Linspace =>
                [.. Enumerable.Range(0, steps).Select(i => RoundToEven(i * ((timesteps - 1.0) / Math.Max(1, steps - 1))))],
            TimestepSpacing.Quadratic => Quadratic(timesteps, steps),
            _ => throw new ArgumentOutOfRangeException(nameof(spacing), spacing, "not a timestep spacing"),
        };
        if (rising[0] < 0 || rising[^1] >= timesteps)
        {
            throw new ArgumentException(
                $"Offset {offset} leads to timesteps {rising[0]} … {rising[^1]}; they lie within 0 … {timesteps - 1}.", nameof(offset));
        }

        Array.Reverse(rising);
        return rising;
    }

    private static int RoundToEven(double value) => (int)Math.Round(value, MidpointRounding.ToEven);

    private static int[] Quadratic(int timesteps, int steps)
    {
        var c = (timesteps - 1) / Math.Pow(Math.Max(1, steps - 1), 2);
        var selected = new int[steps];
        for (var i = 1; i < steps; i++)
            selected[i] = Math.Max((int)(c * i * i), selected[i - 1] + 1);
        // c · (n−1)² may come out a hair below T−1.
        if (steps > 1)
            selected[^1] = timesteps - 1;
        return selected;
    }
}
