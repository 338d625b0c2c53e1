using Ddpm.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddpm.Trainer.Training;

/// <summary>
/// A network in bf16 through which the gradient of float32 master weights is found (Micikevicius et al. 2018, section 3.1): bf16 keeps eight bits
/// of a weight, and most updates are less than that. Its range is that of float32, so that the loss needs no scaling.
/// </summary>
internal sealed class Bfloat16Copy : IDisposable
{
    private readonly (Tensor Master, Tensor Copy)[] _pairs;

    /// <param name="masters">The float32 weights, on the device to compute on; stay the caller's.</param>
    public Bfloat16Copy(UNet2DModel masters)
    {
        Network = new UNet2DModel(masters.Config);
        Network.UseBfloat16();
        Network.to(masters.Device);
        var copies = Network.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter);
        _pairs = [.. masters.named_parameters().Select(pair => ((Tensor)pair.parameter, (Tensor)copies[pair.name]))];
    }

    /// <summary>In training mode.</summary>
    public UNet2DModel Network { get; }

    /// <summary>Rounds the masters as they are now.</summary>
    public void TakeWeights()
    {
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (master, copy) in _pairs)
            copy.copy_(master);
    }

    /// <summary>Adds the copy's gradient to the masters' in float32, and clears it.</summary>
    public void GiveGradient()
    {
        using var unrecorded = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (master, copy) in _pairs)
        {
            var gradient = copy.grad!;
            if (master.grad is { } sum)
                sum.add_(gradient);
            else
                master.grad = gradient.to(float32, copy: true);
            gradient.zero_();
        }
    }

    public void Dispose() => Network.Dispose();
}
