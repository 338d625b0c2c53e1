using System.Numerics;

namespace Ddpm.Diffusion.Tests;

/// <summary>The noise of golden trajectories that were recorded as one batch: all rows one after the other, a corrector's draw before the step's own.</summary>
/// <param name="drawsPerStep">1 or 2.</param>
internal sealed class RecordedBatch(int drawsPerStep) : INoiseSource
{
    public const int Elements = RecordedNoise.Rows * AnalyticModel.Elements;

    private static readonly double[] Draws = Goldens.Noise.ReadFloat64("noise");
    private static readonly double[] Starts = Goldens.Noise.ReadFloat64("xT");

    public void Fill<T>(Span<T> destination, int step, NoiseUse use)
        where T : struct, IFloatingPointIeee754<T>
    {
        destination.Length.ShouldBe(Elements);
        var source = use switch
        {
            NoiseUse.Initial => Starts.AsSpan(0, Elements),
            NoiseUse.Corrector => Draws.AsSpan(step * drawsPerStep * Elements, Elements),
            NoiseUse.Step => Draws.AsSpan(((step * drawsPerStep) + drawsPerStep - 1) * Elements, Elements),
            _ => throw new ArgumentOutOfRangeException(nameof(use)),
        };
        for (var i = 0; i < destination.Length; i++)
            destination[i] = T.CreateTruncating(source[i]);
    }

    public T[] Start<T>()
        where T : struct, IFloatingPointIeee754<T>
    {
        var noise = new T[Elements];
        Fill<T>(noise, 0, NoiseUse.Initial);
        return noise;
    }

    /// <summary>ε of each row.</summary>
    public static T[] Epsilon<T>(T[] x, double alphaBar)
        where T : struct, IFloatingPointIeee754<T> =>
        [.. x.Chunk(AnalyticModel.Elements).SelectMany(row => AnalyticModel.Epsilon<T>(row, alphaBar))];
}
