using static TorchSharp.torch;

namespace Ddpm.Networks.UNet;

/// <summary>Draws from Torch's own generator and fills memory with what nobody should read, so nothing else may run meanwhile.</summary>
[Collection(nameof(LiveTensorTests))]
public sealed class ConvolutionTests
{
    /// <summary>In memory that has just held something else, against Torch's own convolution in float64, which is not oneDNN's.</summary>
    [Theory]
    [InlineData(64, 3, 32, 3, 1, 1)]
    [InlineData(32, 1, 28, 3, 1, 1)]
    [InlineData(3, 24, 16, 3, 1, 1)]
    [InlineData(1, 8, 8, 3, 1, 1)]
    [InlineData(24, 24, 14, 3, 1, 1)]
    [InlineData(40, 48, 14, 3, 2, 1)]
    [InlineData(48, 48, 14, 3, 2, 1)]
    [InlineData(80, 32, 16, 3, 2, 1)]
    [InlineData(24, 40, 14, 3, 2, 0)]
    [InlineData(24, 8, 8, 1, 1, 0)]
    [InlineData(32, 32, 14, 3, 1, 1)]
    public void Convolve_InMemoryThatHeldSomething_IsTheConvolutionAndItsGradient(int inputs, int outputs, int size, int kernel, int stride, int padding)
    {
        var isImage = inputs <= 3;
        foreach (var (type, tolerance) in new[] { (float32, 1e-5), (bfloat16, 0.02) })
        {
            using var convolution = nn.Conv2d(inputs, outputs, kernel, stride, padding, dtype: type);
            foreach (var held in new[] { 0, 3, float.NaN, float.NaN, float.NaN })
            {
                using var scope = NewDisposeScope();
                var x = randn(8, inputs, size, size).to(type).requires_grad_(!isImage);
                Free(held);
                var y = convolution.Convolve(x);
                var gradient = randn(y.shape).to(type);
                Free(held);
                y.backward([gradient]);

                var (x64, weight64, bias64) = (Double(x), Double(convolution.weight), Double(convolution.bias!));
                var y64 = nn.functional.conv2d(x64, weight64, bias64, [stride, stride], [padding, padding]);
                y64.backward([gradient.to(float64)]);
                Distance(y, y64).ShouldBeLessThan(tolerance, $"result in {type}, {held}");
                Distance(convolution.weight.grad!, weight64.grad!).ShouldBeLessThan(tolerance, $"gradient of weights in {type}, {held}");
                // Sums that may be next to 0 by chance: measured by what is summed.
                Distance(convolution.bias!.grad!, bias64.grad!, of: gradient).ShouldBeLessThan(tolerance, $"gradient of biases in {type}, {held}");
                if (!isImage)
                    Distance(x.grad!, x64.grad!).ShouldBeLessThan(tolerance, $"gradient of the input in {type}, {held}");
                convolution.zero_grad();
            }
        }
    }

    /// <summary>Gives back blocks of every size that is asked for next, full of a number.</summary>
    private static void Free(float number)
    {
        using var scope = NewDisposeScope();
        for (var length = 4L; length <= 1 << 20; length *= 2)
        {
            for (var copy = 0; copy < 4; copy++)
                full(length, number);
        }
    }

    private static Tensor Double(Tensor tensor) => tensor.detach().to(float64).requires_grad_();

    private static double Distance(Tensor actual, Tensor expected, Tensor? of = null) =>
        ((actual.detach().to(float64) - expected.detach()).norm() / (of ?? expected).to(float64).norm()).item<double>();
}
