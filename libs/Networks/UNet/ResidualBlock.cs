using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ddpm.Networks;

/// <summary>
/// Two normalised convolutions around an injection of the time embedding, and a shortcut (diffusers' ResnetBlock2D). The projected embedding
/// is added between the convolutions, or scales and shifts what the second normalisation gives (FiLM).
/// </summary>
internal sealed class ResidualBlock : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly GroupNorm _norm1;
    private readonly Conv2d _conv1;
    private readonly Linear _timeProjection;
    private readonly GroupNorm _norm2;
    private readonly SeededDropout _dropout;
    private readonly Conv2d _conv2;
    private readonly Conv2d? _shortcut;
    private readonly bool _scaleShift;
    private readonly double _outputScale;

    public ResidualBlock(UNetConfig config, long inChannels, long outChannels, double outputScale = 1) : base(nameof(ResidualBlock))
    {
        _outputScale = outputScale;
        _scaleShift = config.ResnetTimeScaleShift == UNetConfig.ScaleShift;
        _norm1 = Normalisation.Groups(config.NormNumGroups, inChannels, config.NormEps);
        _conv1 = nn.Conv2d(inChannels, outChannels, 3, padding: 1);
        _timeProjection = nn.Linear(config.TimeEmbedDim, _scaleShift ? 2 * outChannels : outChannels);
        _norm2 = Normalisation.Groups(config.NormNumGroups, outChannels, config.NormEps);
        _dropout = new SeededDropout(config.Dropout);
        _conv2 = nn.Conv2d(outChannels, outChannels, 3, padding: 1);
        register_module("norm1", _norm1);
        register_module("conv1", _conv1);
        register_module("time_emb_proj", _timeProjection);
        register_module("norm2", _norm2);
        register_module("dropout", _dropout);
        register_module("conv2", _conv2);
        if (inChannels != outChannels)
        {
            _shortcut = nn.Conv2d(inChannels, outChannels, 1);
            register_module("conv_shortcut", _shortcut);
        }
    }

    /// <summary>Maps x [n, in, h, w] and the time embedding [n, d] to [n, out, h, w].</summary>
    public override Tensor forward(Tensor x, Tensor timeEmbedding)
    {
        using var scope = NewDisposeScope();
        var hidden = _conv1.Convolve(nn.functional.silu(_norm1.Normalise(x)));
        var injected = _timeProjection.forward(nn.functional.silu(timeEmbedding)).unsqueeze(2).unsqueeze(3);
        if (_scaleShift)
        {
            var scaleAndShift = injected.chunk(2, 1);
            hidden = _norm2.Normalise(hidden) * (1 + scaleAndShift[0]) + scaleAndShift[1];
        }
        else
        {
            hidden = _norm2.Normalise(hidden + injected);
        }
        hidden = _conv2.Convolve(_dropout.forward(nn.functional.silu(hidden)));
        var sum = hidden + (_shortcut?.Convolve(x) ?? x);
        return (_outputScale == 1 ? sum : sum / _outputScale).MoveToOuterDisposeScope();
    }
}
