using System.Numerics;

namespace Ddpm.Diffusion.Tests;

/// <summary>The noise of the golden trajectories: step k adds the k-th recorded draw. Counts what is asked for.</summary>
internal sealed class RecordedNoise(int row) : INoiseSource
{
    public const int Rows = 2;

    private static readonly double[] Draws = Goldens.Noise.ReadFloat64("noise");
    private static readonly double[] Starts = Goldens.Noise.ReadFloat64("xT");

    public int Count { get; private set; }

    public void Fill<T>(Span<T> destination, int step, NoiseUse use)
        where T : struct, IFloatingPointIeee754<T>
    {
        destination.Length.ShouldBe(AnalyticModel.Elements);
        var source = use switch
        {
            NoiseUse.Initial => Starts.AsSpan(row * AnalyticModel.Elements),
            NoiseUse.Step => Draws.AsSpan(((step * Rows) + row) * AnalyticModel.Elements),
            _ => throw new ArgumentOutOfRangeException(nameof(use)),
        };
        for (var i = 0; i < destination.Length; i++)
            destination[i] = T.CreateTruncating(source[i]);
        Count += use == NoiseUse.Step ? 1 : 0;
    }

    public T[] Start<T>()
        where T : struct, IFloatingPointIeee754<T>
    {
        var noise = new T[AnalyticModel.Elements];
        Fill<T>(noise, 0, NoiseUse.Initial);
        return noise;
    }
}
