namespace Ddpm.Trainer.Training;

/// <summary>Seeds of independent random streams: a pure function of the recipe's seed, so that a run can go on from any step.</summary>
internal static class RandomStream
{
    private enum Use
    {
        Order = 1,
        Step = 2,
        Split = 3,
        Dropout = 4,
    }

    /// <summary>For the order of the images in one pass over the data.</summary>
    public static long OfPass(long seed, long pass) => Mix(seed, Use.Order, pass);

    /// <summary>For mirroring, timesteps, noise and class dropout of one step.</summary>
    public static long OfStep(long seed, long step) => Mix(seed, Use.Step, step);

    /// <summary>For the images that are kept apart, of so many.</summary>
    public static long OfSplit(long images) => Mix(0, Use.Split, images);

    /// <summary>For the dropout masks of one batch.</summary>
    public static long OfDropout(long seed, long batch) => Mix(seed, Use.Dropout, batch);

    /// <summary>SplitMix64 (Steele, Lea and Flood 2014) over the three numbers.</summary>
    private static long Mix(long seed, Use use, long index)
    {
        var z = 0UL;
        foreach (var word in new[] { (ulong)seed, (ulong)use, (ulong)index })
        {
            z = (z ^ word) + 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            z ^= z >> 31;
        }
        return (long)z;
    }
}
