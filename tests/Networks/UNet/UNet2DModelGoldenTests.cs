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
        using var network = HashedNetwork.Create();
        using var io = SafetensorsFile.Open(Goldens.Path("unet_hash_medium_32_64.safetensors"));

        var predicted = network.forward(io.Float32("x"), io.Int64("t"), null);

        network.ParameterCount.ShouldBe(2245763);
        predicted.DistanceTo(io.Float64("eps.f64")).ShouldBeLessThan(1e-5);
    }
}
