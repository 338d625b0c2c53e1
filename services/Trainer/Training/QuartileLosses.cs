namespace Ddpm.Trainer.Training;

/// <summary>Losses by quarter of the timesteps, the least noise first: sums and how many images they are of.</summary>
public readonly record struct QuartileLosses(QuartileLoss First, QuartileLoss Second, QuartileLoss Third, QuartileLoss Fourth)
{
    /// <param name="losses">Of each image.</param>
    /// <param name="timesteps">Of each image, 0 … T − 1.</param>
    /// <param name="trainTimesteps">T.</param>
    public static QuartileLosses Of(ReadOnlySpan<float> losses, ReadOnlySpan<long> timesteps, int trainTimesteps)
    {
        Span<QuartileLoss> quartiles = stackalloc QuartileLoss[4];
        for (var i = 0; i < losses.Length; i++)
            quartiles[(int)(4 * timesteps[i] / trainTimesteps)] += new QuartileLoss(losses[i], 1);
        return new QuartileLosses(quartiles[0], quartiles[1], quartiles[2], quartiles[3]);
    }

    public static QuartileLosses operator +(QuartileLosses a, QuartileLosses b) =>
        new(a.First + b.First, a.Second + b.Second, a.Third + b.Third, a.Fourth + b.Fourth);
}

/// <param name="Sum">Of the losses.</param>
/// <param name="Images">How many there are.</param>
public readonly record struct QuartileLoss(double Sum, int Images)
{
    public static QuartileLoss operator +(QuartileLoss a, QuartileLoss b) => new(a.Sum + b.Sum, a.Images + b.Images);
}
