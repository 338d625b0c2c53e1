using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ddpm.Networks;

/// <summary>The lowest resolution: a residual block, attention where asked, a residual block (diffusers' UNetMidBlock2D).</summary>
internal sealed class MiddleBlock : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly ModuleList<ResidualBlock> resnets;
    private readonly SelfAttention? attention;

    public MiddleBlock(UNetConfig config) : base(nameof(MiddleBlock))
    {
        var channels = config.BlockOutChannels[^1];
        if (config.AddAttention)
        {
            attention = new SelfAttention(config, channels, config.MidAttentionNormGroups, config.MidBlockScaleFactor);
            register_module("attentions", nn.ModuleList(attention));
        }
        resnets = nn.ModuleList(
            new ResidualBlock(config, channels, channels, config.MidBlockScaleFactor),
            new ResidualBlock(config, channels, channels, config.MidBlockScaleFactor));
        register_module("resnets", resnets);
    }

    public override Tensor forward(Tensor x, Tensor timeEmbedding)
    {
        using var scope = NewDisposeScope();
        var hidden = resnets[0].forward(x, timeEmbedding);
        if (attention is not null)
            hidden = attention.forward(hidden, timeEmbedding);
        return resnets[1].forward(hidden, timeEmbedding).MoveToOuterDisposeScope();
    }
}
