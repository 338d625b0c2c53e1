namespace Ddpm.Diffusion;

/// <summary>The formulas of the β_t.</summary>
internal static class BetaSchedules
{
    // Keeps the last step of a schedule of ᾱ from destroying the image altogether (Nichol and Dhariwal 2021, section 3.2).
    private const double MaximumBeta = 0.999;

    public static double[] Betas(NoiseScheduleOptions options)
    {
        var (kind, timesteps, start, end) = options;
        if (!Enum.IsDefined(kind))
            throw new ArgumentException($"Noise schedule: {kind} is not a kind of β schedule.", nameof(options));
        if (timesteps < 2)
            throw new ArgumentException($"Noise schedule: {timesteps} timesteps; there must be at least 2.", nameof(options));
        if (kind is not (BetaScheduleKind.Cosine or BetaScheduleKind.AlphaBarSigmoid) && !(start > 0 && start <= end && end < 1))
            throw new ArgumentException($"Noise schedule: β from {start} to {end}; it must hold 0 < start ≤ end < 1.", nameof(options));

        return kind switch
        {
            BetaScheduleKind.Linear => Even(timesteps, start, end, beta => beta),
            BetaScheduleKind.ScaledLinear => Even(timesteps, Math.Sqrt(start), Math.Sqrt(end), root => root * root),
            BetaScheduleKind.Sigmoid => Even(timesteps, -6, 6, x => ((end - start) * Logistic(x)) + start),
            BetaScheduleKind.AlphaBarSigmoid => Of(timesteps, time => (Logistic(3) - Logistic((6 * time) - 3)) / (Logistic(3) - Logistic(-3))),
            _ => Of(timesteps, time => Math.Pow(Math.Cos((time + 0.008) / 1.008 * Math.PI / 2), 2)),
        };
    }

    private static double[] Even(int count, double first, double last, Func<double, double> transform)
    {
        var step = (last - first) / (count - 1);
        // From both ends, so that both are met exactly.
        return [.. Enumerable.Range(0, count).Select(i => transform(i < count / 2 ? first + (step * i) : last - (step * (count - 1 - i))))];
    }

    /// <summary>Those of ᾱ as a function of time in 0 … 1.</summary>
    private static double[] Of(int timesteps, Func<double, double> alphaBar) =>
        [.. Enumerable.Range(0, timesteps).Select(t => Math.Min(1 - (alphaBar((t + 1.0) / timesteps) / alphaBar((double)t / timesteps)), MaximumBeta))];

    private static double Logistic(double x) => 1 / (1 + Math.Exp(-x));
}
