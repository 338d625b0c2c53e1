using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ddpm.Networks;

/// <summary>One resolution on the way in: residual blocks, each followed by attention where asked, then a downsampling.</summary>
internal sealed class DownBlock : nn.Module
{
    private readonly ModuleList<ResidualBlock> resnets = nn.ModuleList<ResidualBlock>();
    private readonly ModuleList<SelfAttention> attentions = nn.ModuleList<SelfAttention>();
    private readonly Downsample? downsample;

    public DownBlock(UNetConfig config, long inChannels, long outChannels, bool attends, bool downsamples) : base(nameof(DownBlock))
    {
        for (var i = 0; i < config.LayersPerBlock; i++)
        {
            resnets.append(new ResidualBlock(config, i == 0 ? inChannels : outChannels, outChannels));
            if (attends)
                attentions.append(new SelfAttention(config, outChannels, config.NormNumGroups));
        }
        if (attends)
            register_module("attentions", attentions);
        register_module("resnets", resnets);
        if (downsamples)
        {
            downsample = new Downsample(outChannels, config.DownsamplePadding);
            register_module("downsamplers", nn.ModuleList(downsample));
        }
    }

    /// <summary>Answers the block's output and pushes what the way out will need onto <paramref name="skips"/>.</summary>
    public Tensor Forward(Tensor x, Tensor timeEmbedding, Stack<Tensor> skips)
    {
        for (var i = 0; i < resnets.Count; i++)
        {
            x = resnets[i].forward(x, timeEmbedding);
            if (attentions.Count > 0)
                x = attentions[i].forward(x, timeEmbedding);
            skips.Push(x);
        }
        if (downsample is not null)
        {
            x = downsample.forward(x);
            skips.Push(x);
        }
        return x;
    }
}
