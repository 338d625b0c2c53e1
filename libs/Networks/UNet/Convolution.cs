using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ddpm.Networks;

internal static class Convolution
{
    // Floats of a register of AVX-512; those of AVX2 are half of it.
    private const int Block = 16;

    // Channels of images, which are never laid out in blocks.
    private const int MostOfAnImage = 3;

    /// <summary>
    /// A convolution without oneDNN's errors (3.7.1, with which libtorch 2.10 computes on a CPU). It lays channels out in blocks and computes with what the memory
    /// of an unfinished block happened to hold: a result is wrong, or no number, where that was not 0. With a stride the gradient of its input is wrong for an odd number
    /// of blocks from three on. Channels of zeros fill the blocks up, and change nothing.
    /// </summary>
    public static Tensor Convolve(this Conv2d convolution, Tensor x)
    {
        var outputs = Missing(convolution.out_channels, Block);
        var inputs = convolution.in_channels <= MostOfAnImage ? 0 : Missing(convolution.in_channels, convolution.stride.Any(stride => stride > 1) ? 2 * Block : Block);
        if (x.device_type != DeviceType.CPU || (outputs == 0 && inputs == 0))
            return convolution.forward(x);
        using var scope = NewDisposeScope();
        var sum = nn.functional.conv2d(
            nn.functional.pad(x, [0, 0, 0, 0, 0, inputs]),
            nn.functional.pad(convolution.weight, [0, 0, 0, 0, 0, inputs, 0, outputs]),
            nn.functional.pad(convolution.bias!, [0, outputs]),
            convolution.stride, convolution.padding!);
        return sum.narrow(1, 0, convolution.out_channels).MoveToOuterDisposeScope();
    }

    private static long Missing(long channels, int block) => -channels & (block - 1);
}
