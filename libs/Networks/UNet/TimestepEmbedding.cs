using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ddpm.Networks;

/// <summary>Sines and cosines of a timestep at geometrically falling frequencies, then a two-layer perceptron.</summary>
internal sealed class TimestepEmbedding : nn.Module<Tensor, Tensor>
{
    private readonly UNetConfig _config;
    private readonly Linear _linear1;
    private readonly Linear _linear2;

    public TimestepEmbedding(UNetConfig config) : base(nameof(TimestepEmbedding))
    {
        _config = config;
        _linear1 = nn.Linear(config.BlockOutChannels[0], config.TimeEmbedDim);
        _linear2 = nn.Linear(config.TimeEmbedDim, config.TimeEmbedDim);
        register_module("linear_1", _linear1);
        register_module("linear_2", _linear2);
    }

    /// <summary>Embeds timesteps [n], whole or fractional, as [n, <see cref="UNetConfig.TimeEmbedDim"/>].</summary>
    public override Tensor forward(Tensor timesteps)
    {
        using var scope = NewDisposeScope();
        var sinusoids = Sinusoids(timesteps).to(_linear1.weight.dtype);
        return _linear2.forward(nn.functional.silu(_linear1.forward(sinusoids))).MoveToOuterDisposeScope();
    }

    /// <summary>sin(t·ω_i), cos(t·ω_i) with ω_i = 10000^(−i/(half − freq_shift)), in float32 (Ho et al. 2020, appendix B).</summary>
    private Tensor Sinusoids(Tensor timesteps)
    {
        var features = _config.BlockOutChannels[0];
        var half = features / 2;
        var exponents = arange(half, dtype: float32, device: timesteps.device) * (-Math.Log(10000)) / (half - _config.FreqShift);
        var angles = timesteps.to(float32).unsqueeze(1) * exponents.exp().unsqueeze(0);
        var sinusoids = _config.FlipSinToCos ? cat([angles.cos(), angles.sin()], -1) : cat([angles.sin(), angles.cos()], -1);
        return features % 2 == 0 ? sinusoids : nn.functional.pad(sinusoids, [0, 1]);
    }
}
