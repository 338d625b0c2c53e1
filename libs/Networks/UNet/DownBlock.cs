using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ddpm.Networks;

/// <summary>One resolution on the way in: residual blocks, each followed by attention where asked, then a downsampling.</summary>
internal sealed class DownBlock : nn.Module
{
    private readonly ModuleList<ResidualBlock> _resnets = nn.ModuleList<ResidualBlock>();
    private readonly ModuleList<SelfAttention> _attentions = nn.ModuleList<SelfAttention>();
    private readonly Downsample? _downsample;

    public DownBlock(UNetConfig config, long inChannels, long outChannels, bool attends, bool downsamples) : base(nameof(DownBlock))
    {
        for (var i = 0; i < config.LayersPerBlock; i++)
        {
            _resnets.append(new ResidualBlock(config, i == 0 ? inChannels : outChannels, outChannels));
            if (attends)
                _attentions.append(new SelfAttention(config, outChannels, config.NormNumGroups));
        }
        if (attends)
            register_module("attentions", _attentions);
        register_module("resnets", _resnets);
        if (downsamples)
        {
            _downsample = new Downsample(outChannels, config.DownsamplePadding);
            register_module("downsamplers", nn.ModuleList(_downsample));
        }
    }

    /// <summary>Answers the block's output and pushes what the way out will need onto <paramref name="skips"/>.</summary>
    public Tensor Forward(Tensor x, Tensor timeEmbedding, Stack<Tensor> skips)
    {
        for (var i = 0; i < _resnets.Count; i++)
        {
            x = _resnets[i].forward(x, timeEmbedding);
            if (_attentions.Count > 0)
                x = _attentions[i].forward(x, timeEmbedding);
            skips.Push(x);
        }
        if (_downsample is not null)
        {
            x = _downsample.forward(x);
            skips.Push(x);
        }
        return x;
    }
}
