using System.Text;
using static TorchSharp.torch;

namespace Ddpm.Networks;

/// <summary>The network of the recorded <c>unet_hash_medium_32_64</c>, whose weights follow from their names.</summary>
internal static class HashedNetwork
{
    /// <summary>In evaluation mode.</summary>
    public static UNet2DModel Create()
    {
        var network = new UNet2DModel(UNetConfig.Read(Goldens.Path("unet_hash_medium_32_64.config.json")));
        network.eval();
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (name, parameter) in network.named_parameters())
            parameter.copy_(tensor(Weights(name, parameter.shape), parameter.shape));
        return network;
    }

    /// <summary>Numbers in (−1, 1) by SplitMix64 from the FNV-1a hash of the weight's name, scaled as goldens/README.md says.</summary>
    private static float[] Weights(string name, long[] shape)
    {
        var hash = 0xcbf29ce484222325;
        foreach (var octet in Encoding.UTF8.GetBytes(name))
            hash = (hash ^ octet) * 0x100000001b3;
        var scale = Math.Sqrt(3.0 / shape.Skip(1).Aggregate(1L, (product, extent) => product * extent));
        var weights = new float[shape.Aggregate(1L, (product, extent) => product * extent)];
        for (var i = 0; i < weights.Length; i++)
        {
            var z = hash + (ulong)(i + 1) * 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            z ^= z >> 31;
            var u = 2 * ((z >> 40) / (double)(1 << 24)) - 1;
            weights[i] = (float)(name.EndsWith(".bias") ? 0.1 * u : shape.Length == 1 ? 1 + 0.1 * u : u * scale);
        }
        return weights;
    }
}
