using Ddpm.Diffusion;
using Ddpm.V1;

namespace Ddpm.Orchestrator.Trajectories;

/// <summary>What a kept frame says beside its pictures: how much signal there is, how long the score is, how the values are spread.</summary>
internal sealed class FrameReadings
{
    private const int Bins = 64;
    private const float Edge = 4;

    private readonly Frame _frame;
    private readonly float[] _x;

    public FrameReadings(Frame frame)
    {
        _frame = frame;
        _x = Float32Bytes.ToFloats(frame.X);
        if (!frame.Denoised.IsEmpty && frame.AlphaBar < 1)
            Noise = ForwardProcess.NoiseOfClean<float>(_x, Float32Bytes.ToFloats(frame.Denoised), frame.AlphaBar);
    }

    /// <summary>ε that x_t and x̂0 imply; null where there is no x̂0 or no noise.</summary>
    public float[]? Noise { get; }

    public FrameInfo Info
    {
        get
        {
            var info = new FrameInfo { Step = _frame.Step, Timestep = _frame.Timestep, AlphaBar = _frame.AlphaBar, Histogram = { Histogram() } };
            if (_frame.AlphaBar < 1)
                info.SignalToNoise = _frame.AlphaBar / (1 - _frame.AlphaBar);
            // The score is −ε/√(1−ᾱ) (Song et al. 2021, appendix C).
            if (Noise is not null)
                info.ScoreNorm = Math.Sqrt(Noise.Sum(value => (double)value * value) / (1 - _frame.AlphaBar));
            return info;
        }
    }

    /// <summary>Elements of x_t in equal parts of −4 … 4.</summary>
    private int[] Histogram()
    {
        var counts = new int[Bins];
        foreach (var value in _x)
            counts[Math.Clamp((int)MathF.Floor((value + Edge) * (Bins / (2 * Edge))), 0, Bins - 1)]++;
        return counts;
    }
}
