using System.Numerics;

namespace Ddpm.Diffusion;

/// <summary>Σ c_i x_i over tensors of one image.</summary>
internal static class LinearCombination
{
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static T[] Of<T>(params ReadOnlySpan<(double Factor, T[] Tensor)> terms)
        where T : struct, IFloatingPointIeee754<T>
    {
        var sum = new T[terms[0].Tensor.Length];
        foreach (var (factor, tensor) in terms)
        {
            if (tensor.Length != sum.Length)
                throw new ArgumentException($"Two tensors of the same image have {sum.Length} and {tensor.Length} elements.");
            if (factor == 0)
                continue;
            var c = T.CreateTruncating(factor);
            for (var i = 0; i < sum.Length; i++)
                sum[i] += c * tensor[i];
        }

        return sum;
    }
}
