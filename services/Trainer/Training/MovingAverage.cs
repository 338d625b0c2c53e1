using static TorchSharp.torch;

namespace Ddpm.Trainer.Training;

/// <summary>An exponential moving average of weights: θ̄ ← d·θ̄ + (1 − d)·θ.</summary>
internal sealed class MovingAverage
{
    private readonly (Tensor Average, Tensor Current)[] _pairs;

    /// <summary>Begins with the present weights.</summary>
    public MovingAverage(nn.Module average, nn.Module current)
    {
        var targets = average.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter);
        _pairs = [.. current.named_parameters().Select(pair => ((Tensor)targets[pair.name], (Tensor)pair.parameter))];
        Update(decay: 0);
    }

    /// <summary>The decay after <paramref name="steps"/> steps: it rises to <paramref name="final"/>, so that the first weights are soon forgotten.</summary>
    public static double WarmedUp(double final, long steps) => Math.Min(final, (1.0 + steps) / (10 + steps));

    public void Update(double decay)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (average, current) in _pairs)
            average.lerp_(current, 1 - decay);
    }
}
