using System.Text;
using Ddpm.Safetensors;
using static TorchSharp.torch;

namespace Ddpm.Networks.UNet;

/// <summary>The network against diffusers' UNet2DModel (v0.31.0) on PyTorch, with the same weights.</summary>
public sealed class UNet2DModelGoldenTests
{
    [Theory]
    [InlineData("unet_tiny", "unet_tiny")]
    [InlineData("unet_tiny_gray", "unet_tiny_gray")]
    [InlineData("unet_tiny_gray_oldnames", "unet_tiny_gray")]
    public void Forward_CheckpointOfDiffusers_PredictsTheSameNoise(string folder, string recorded)
    {
        using var _ = inference_mode();
        using var scope = NewDisposeScope();
        using var checkpoint = Checkpoint.Load(Goldens.Path(folder));
        using var io = SafetensorsFile.Open(Goldens.Path($"{recorded}/io.safetensors"));
        var expected = io.Float64("eps.f64");
        var size = checkpoint.Network.Config.SampleSize!.Value;
        var x = io.Float32("x");
        var border = (size.Height - x.shape[2]) / 2;
        var padded = nn.functional.pad(x, [border, border, border, border]);

        var predicted = checkpoint.Network.forward(padded, io.Int64("t"), null);

        var cropped = predicted.slice(2, border, size.Height - border, 1).slice(3, border, size.Width - border, 1);
        cropped.DistanceTo(expected).ShouldBeLessThan(1e-5);
    }

    [Fact]
    public void Forward_WeightsMadeFromTheirNames_PredictsTheSameNoise()
    {
        using var _ = inference_mode();
        using var scope = NewDisposeScope();
        using var network = new UNet2DModel(UNetConfig.Read(Goldens.Path("unet_hash_medium_32_64.config.json")));
        network.eval();
        foreach (var (name, parameter) in network.named_parameters())
            parameter.copy_(tensor(HashedWeights(name, parameter.shape), parameter.shape));
        using var io = SafetensorsFile.Open(Goldens.Path("unet_hash_medium_32_64.safetensors"));

        var predicted = network.forward(io.Float32("x"), io.Int64("t"), null);

        network.ParameterCount.ShouldBe(2245763);
        predicted.DistanceTo(io.Float64("eps.f64")).ShouldBeLessThan(1e-5);
    }

    /// <summary>Numbers in (−1, 1) by SplitMix64 from the FNV-1a hash of the weight's name, scaled as goldens/README.md says.</summary>
    private static float[] HashedWeights(string name, long[] shape)
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
