using static TorchSharp.torch;

namespace Ddpm.Trainer.Evaluation;

internal static class FeatureSets
{
    /// <exception cref="ArgumentException">They are not [n, d] and [m, d] with n and m at least 2.</exception>
    public static void ThrowUnlessComparable(Tensor a, Tensor b)
    {
        if (a.shape is not [>= 2, var first] || b.shape is not [>= 2, var second] || first != second)
        {
            throw new ArgumentException(
                $"Two sets of features have the shapes [n, d] and [m, d] with at least 2 images each, these have [{string.Join(", ", a.shape)}] and [{string.Join(", ", b.shape)}].");
        }
    }
}
