using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ddpm.Trainer.Training;

/// <summary>The moments of one parameter's gradient, which TorchSharp's Adam and AdamW keep in types of their own with the same fields.</summary>
/// <param name="First">Moving average of the gradient.</param>
/// <param name="Second">Moving average of its square.</param>
/// <param name="SetStep">Tells how many steps both are averages of.</param>
internal sealed record Moments(Tensor First, Tensor Second, Action<long> SetStep)
{
    public static Moments Of(OptimizerState state) => state switch
    {
        Adam.State adam => new(adam.exp_avg, adam.exp_avg_sq, steps => adam.step = steps),
        AdamW.State adamW => new(adamW.exp_avg, adamW.exp_avg_sq, steps => adamW.step = steps),
        _ => throw new ArgumentOutOfRangeException(nameof(state), state.GetType().Name, "is not the state of Adam or AdamW"),
    };
}
