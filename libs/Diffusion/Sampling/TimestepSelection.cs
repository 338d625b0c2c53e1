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

    /// <summary>
    /// As <see cref="Select"/>, for solvers whose last step is to the clean image from above the lowest timestep: of n+1 timesteps with both ends the n
    /// upper ones, as in diffusers' multistep solvers. Where all timesteps are visited, those.
    /// </summary>
    /// <inheritdoc cref="Select"/>
    public static int[] SelectAboveLowest(TimestepSpacing spacing, int timesteps, int steps) =>
        spacing is TimestepSpacing.Leading or TimestepSpacing.Linspace && steps < timesteps
            ? Select(spacing, timesteps, steps + 1)[..^1]
            : Select(spacing, timesteps, steps);

    /// <summary>As <see cref="Select"/>, with the timesteps of <see cref="TimestepSpacing.Linspace"/> left between the whole ones, as in diffusers' solvers over σ.</summary>
    /// <inheritdoc cref="Select"/>
    public static double[] SelectFractional(TimestepSpacing spacing, int timesteps, int steps)
    {
        var selected = Select(spacing, timesteps, steps);
        return spacing is TimestepSpacing.Linspace && steps > 1
            ? [.. Enumerable.Range(0, steps).Select(i => (timesteps - 1.0) * (steps - 1 - i) / (steps - 1))]
            : [.. selected];
    }

    /// <summary>Timesteps of equal parts of the schedule, falling, in each part so many at equal distances with both its ends (improved-diffusion's <c>space_timesteps</c>).</summary>
    /// <param name="timesteps">T.</param>
    /// <param name="counts">How many in each part, from the lowest; at least one, and no more than the part has.</param>
    /// <exception cref="ArgumentException">A count is out of range.</exception>
    public static int[] Sections(int timesteps, IReadOnlyList<int> counts)
    {
        var selected = new List<int>();
        var start = 0;
        for (var part = 0; part < counts.Count; part++)
        {
            var size = (timesteps / counts.Count) + (part < timesteps % counts.Count ? 1 : 0);
            var rising = Select(TimestepSpacing.Linspace, size, counts[part]).Reverse();
            selected.AddRange(rising.Select(timestep => start + timestep));
            start += size;
        }

        selected.Reverse();
        return [.. selected];
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
