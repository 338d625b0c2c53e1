using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ddpm.Networks;

internal static class Normalisation
{
    /// <summary>A group normalisation that begins as the identity's scale and shift; TorchSharp leaves both uninitialised.</summary>
    public static GroupNorm Groups(long groups, long channels, double eps)
    {
        var norm = nn.GroupNorm(groups, channels, eps);
        // In-place functions answer another handle on the weights, which would keep them until it is collected.
        using (NewDisposeScope())
        using (no_grad())
        {
            nn.init.ones_(norm.weight);
            nn.init.zeros_(norm.bias);
        }
        return norm;
    }

    /// <summary>Normalises in the precision of the weights, which is float32 in a network of bf16 too, and answers in that of <paramref name="x"/>.</summary>
    public static Tensor Normalise(this GroupNorm norm, Tensor x) => norm.forward(x.to(norm.weight.dtype)).to(x.dtype);
}
