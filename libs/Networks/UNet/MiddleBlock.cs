using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ddpm.Networks;

/// <summary>The lowest resolution: a residual block, attention where asked, a residual block (diffusers' UNetMidBlock2D).</summary>
internal sealed class MiddleBlock : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly ModuleList<ResidualBlock> _resnets;
    private readonly SelfAttention? _attention;

    public MiddleBlock(UNetConfig config) : base(nameof(MiddleBlock))
    {
        var channels = config.BlockOutChannels[^1];
        if (config.AddAttention)
        {
            _attention = new SelfAttention(config, channels, config.MidAttentionNormGroups, config.MidBlockScaleFactor);
            register_module("attentions", nn.ModuleList(_attention));
        }
        _resnets = nn.ModuleList(
            new ResidualBlock(config, channels, channels, config.MidBlockScaleFactor),
            new ResidualBlock(config, channels, channels, config.MidBlockScaleFactor));
        register_module("resnets", _resnets);
    }

    public override Tensor forward(Tensor x, Tensor timeEmbedding)
    {
        using var scope = NewDisposeScope();
        var hidden = _resnets[0].forward(x, timeEmbedding);
        if (_attention is not null)
            hidden = _attention.forward(hidden, timeEmbedding);
        return _resnets[1].forward(hidden, timeEmbedding).MoveToOuterDisposeScope();
    }
}
