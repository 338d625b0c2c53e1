using static TorchSharp.torch;

namespace Ddpm.Networks;

/// <summary>A network of some thousand weights for 8×8 grey images, and what to feed it.</summary>
internal static class SmallNetwork
{
    public static readonly UNetConfig Config = new()
    {
        SampleSize = new SampleSize(8, 8),
        InChannels = 1,
        OutChannels = 1,
        BlockOutChannels = [8, 16],
        LayersPerBlock = 1,
        DownBlockTypes = ["DownBlock2D", "AttnDownBlock2D"],
        UpBlockTypes = ["AttnUpBlock2D", "UpBlock2D"],
        AttentionHeadDim = 8,
        NormNumGroups = 4,
        AttnNormNumGroups = 4,
    };

    /// <summary>In evaluation mode, every weight drawn from a seed.</summary>
    public static UNet2DModel Create(UNetConfig config, int seed = 5)
    {
        var network = new UNet2DModel(config);
        network.eval();
        using var generator = new Generator((ulong)seed);
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        foreach (var parameter in network.parameters())
            parameter.copy_(randn(parameter.shape, generator: generator) * 0.3);
        return network;
    }

    /// <summary>Copies the weights that both networks have under the same name and shape.</summary>
    public static void CopySharedWeights(UNet2DModel from, UNet2DModel to)
    {
        using var _ = no_grad();
        var sources = from.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter);
        foreach (var (name, parameter) in to.named_parameters())
            if (sources.TryGetValue(name, out var source) && source.shape.SequenceEqual(parameter.shape))
                parameter.copy_(source);
    }

    public static (Tensor X, Tensor Timesteps) Input()
    {
        using var generator = new Generator(11);
        return (randn(3, 1, 8, 8, generator: generator), tensor(new[] { 0f, 41.5f, 99f }));
    }
}
