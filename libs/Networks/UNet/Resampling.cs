using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ddpm.Networks;

/// <summary>Halves height and width by a strided convolution; padding 0 means one row below and one column to the right.</summary>
internal sealed class Downsample : nn.Module<Tensor, Tensor>
{
    private readonly int _padding;
    private readonly Conv2d _conv;

    public Downsample(long channels, int padding) : base(nameof(Downsample))
    {
        _padding = padding;
        _conv = nn.Conv2d(channels, channels, 3, stride: 2, padding: padding);
        register_module("conv", _conv);
    }

    public override Tensor forward(Tensor x)
    {
        if (_padding > 0)
            return _conv.Convolve(x);
        using var padded = nn.functional.pad(x, [0, 1, 0, 1]);
        return _conv.Convolve(padded);
    }
}

/// <summary>Doubles height and width by repeating pixels, then convolves.</summary>
internal sealed class Upsample : nn.Module<Tensor, Tensor>
{
    private readonly Conv2d _conv;

    public Upsample(long channels) : base(nameof(Upsample))
    {
        _conv = nn.Conv2d(channels, channels, 3, padding: 1);
        register_module("conv", _conv);
    }

    public override Tensor forward(Tensor x)
    {
        using var doubled = nn.functional.interpolate(x, scale_factor: [2.0, 2.0], mode: InterpolationMode.Nearest);
        return _conv.Convolve(doubled);
    }
}
