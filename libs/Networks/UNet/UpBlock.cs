using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ddpm.Networks;

/// <summary>One resolution on the way out: residual blocks over the skip connections, attention where asked, then an upsampling.</summary>
internal sealed class UpBlock : nn.Module
{
    private readonly ModuleList<ResidualBlock> _resnets = nn.ModuleList<ResidualBlock>();
    private readonly ModuleList<SelfAttention> _attentions = nn.ModuleList<SelfAttention>();
    private readonly Upsample? _upsample;

    /// <param name="config">The network's architecture.</param>
    /// <param name="previousChannels">Channels that the block receives.</param>
    /// <param name="outChannels">Channels of this resolution.</param>
    /// <param name="lastSkipChannels">Channels of the last skip connection, which comes from the resolution above.</param>
    /// <param name="attends">Whether attention follows each residual block.</param>
    /// <param name="upsamples">Whether the block ends in an upsampling.</param>
    public UpBlock(UNetConfig config, long previousChannels, long outChannels, long lastSkipChannels, bool attends, bool upsamples)
        : base(nameof(UpBlock))
    {
        for (var i = 0; i <= config.LayersPerBlock; i++)
        {
            var skip = i == config.LayersPerBlock ? lastSkipChannels : outChannels;
            _resnets.append(new ResidualBlock(config, (i == 0 ? previousChannels : outChannels) + skip, outChannels));
            if (attends)
                _attentions.append(new SelfAttention(config, outChannels, config.NormNumGroups));
        }
        if (attends)
            register_module("attentions", _attentions);
        register_module("resnets", _resnets);
        if (upsamples)
        {
            _upsample = new Upsample(outChannels);
            register_module("upsamplers", nn.ModuleList(_upsample));
        }
    }

    /// <summary>Answers the block's output; takes its skip connections from <paramref name="skips"/>.</summary>
    public Tensor Forward(Tensor x, Tensor timeEmbedding, Stack<Tensor> skips)
    {
        using var scope = NewDisposeScope();
        for (var i = 0; i < _resnets.Count; i++)
        {
            x = _resnets[i].forward(cat([x, skips.Pop()], 1), timeEmbedding);
            if (_attentions.Count > 0)
                x = _attentions[i].forward(x, timeEmbedding);
        }
        if (_upsample is not null)
            x = _upsample.forward(x);
        return x.MoveToOuterDisposeScope();
    }
}
