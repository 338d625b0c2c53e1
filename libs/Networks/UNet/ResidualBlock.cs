using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ddpm.Networks;

/// <summary>
/// Two normalised convolutions around an injection of the time embedding, and a shortcut (diffusers' ResnetBlock2D). The projected embedding
/// is added between the convolutions, or scales and shifts what the second normalisation gives (FiLM).
/// </summary>
internal sealed class ResidualBlock : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly GroupNorm norm1;
    private readonly Conv2d conv1;
    private readonly Linear timeProjection;
    private readonly GroupNorm norm2;
    private readonly Dropout dropout;
    private readonly Conv2d conv2;
    private readonly Conv2d? shortcut;
    private readonly bool scaleShift;
    private readonly double outputScale;

    public ResidualBlock(UNetConfig config, long inChannels, long outChannels, double outputScale = 1) : base(nameof(ResidualBlock))
    {
        this.outputScale = outputScale;
        scaleShift = config.ResnetTimeScaleShift == UNetConfig.ScaleShift;
        norm1 = Normalisation.Groups(config.NormNumGroups, inChannels, config.NormEps);
        conv1 = nn.Conv2d(inChannels, outChannels, 3, padding: 1);
        timeProjection = nn.Linear(config.TimeEmbedDim, scaleShift ? 2 * outChannels : outChannels);
        norm2 = Normalisation.Groups(config.NormNumGroups, outChannels, config.NormEps);
        dropout = nn.Dropout(config.Dropout);
        conv2 = nn.Conv2d(outChannels, outChannels, 3, padding: 1);
        register_module("norm1", norm1);
        register_module("conv1", conv1);
        register_module("time_emb_proj", timeProjection);
        register_module("norm2", norm2);
        register_module("dropout", dropout);
        register_module("conv2", conv2);
        if (inChannels != outChannels)
        {
            shortcut = nn.Conv2d(inChannels, outChannels, 1);
            register_module("conv_shortcut", shortcut);
        }
    }

    /// <summary>Maps x [n, in, h, w] and the time embedding [n, d] to [n, out, h, w].</summary>
    public override Tensor forward(Tensor x, Tensor timeEmbedding)
    {
        using var scope = NewDisposeScope();
        var hidden = conv1.forward(nn.functional.silu(norm1.forward(x)));
        var injected = timeProjection.forward(nn.functional.silu(timeEmbedding)).unsqueeze(2).unsqueeze(3);
        if (scaleShift)
        {
            var scaleAndShift = injected.chunk(2, 1);
            hidden = norm2.forward(hidden) * (1 + scaleAndShift[0]) + scaleAndShift[1];
        }
        else
        {
            hidden = norm2.forward(hidden + injected);
        }
        hidden = conv2.forward(dropout.forward(nn.functional.silu(hidden)));
        var sum = hidden + (shortcut?.forward(x) ?? x);
        return (outputScale == 1 ? sum : sum / outputScale).MoveToOuterDisposeScope();
    }
}
