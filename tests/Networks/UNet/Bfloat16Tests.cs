using static TorchSharp.torch;

namespace Ddpm.Networks.UNet;

public sealed class Bfloat16Tests : IDisposable
{
    private static readonly UNetConfig Config = SmallNetwork.Config with { NumClassEmbeds = 3, AttentionTimeEmbedding = true };

    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void UseBfloat16_OfANetwork_RoundsAllButNormsEmbeddingsAndTheLastConvolution()
    {
        using var network = SmallNetwork.Create(Config);
        var before = network.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter.data<float>().ToArray());

        network.UseBfloat16();

        var after = network.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter);
        after.Keys.ShouldBe(before.Keys, ignoreOrder: true);
        foreach (var (name, parameter) in after)
        {
            var keeps = name.Contains("norm") || name.StartsWith("time_embedding") || name.StartsWith("class_embedding") || name.StartsWith("conv_out");
            parameter.dtype.ShouldBe(keeps ? float32 : bfloat16, name);
            parameter.requires_grad.ShouldBeTrue(name);
            parameter.to(float32).data<float>().ToArray().ShouldBe(keeps ? before[name] : [.. before[name].Select(Rounded)], name);
        }
    }

    [Theory]
    [InlineData("default")]
    [InlineData("scale_shift")]
    public void Forward_InBfloat16_IsNearFloat32WithItsGradient(string timeScaleShift)
    {
        using var exact = SmallNetwork.Create(Config with { ResnetTimeScaleShift = timeScaleShift, Dropout = 0.1 });
        using var rounded = new UNet2DModel(exact.Config);
        rounded.CopyWeights(exact);
        rounded.UseBfloat16();
        var (x, t) = SmallNetwork.Input();
        var labels = tensor(new long[] { 0, 1, 2 });
        exact.train();
        rounded.train();
        exact.SeedDropout(3);
        rounded.SeedDropout(3);

        var (expected, actual) = (exact.forward(x, t, labels), rounded.forward(x, t, labels));
        expected.square().mean().backward();
        actual.square().mean().backward();

        actual.dtype.ShouldBe(float32);
        Distance(actual, expected).ShouldBeInRange(1e-5, 0.03, "rounded, but to eight bits");
        var gradients = exact.parameters().Zip(rounded.parameters(), (a, b) => (a.grad!.flatten(), b.grad!.to(float32).flatten())).ToList();
        Distance(cat([.. gradients.Select(pair => pair.Item2)]), cat([.. gradients.Select(pair => pair.Item1)])).ShouldBeLessThan(0.06);
    }

    private static double Distance(Tensor actual, Tensor expected) => ((actual - expected).norm() / expected.norm()).item<float>();

    /// <summary>To the nearest number with the upper half of the bits, of two as near to the even one.</summary>
    private static float Rounded(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return BitConverter.UInt32BitsToSingle((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000);
    }
}
