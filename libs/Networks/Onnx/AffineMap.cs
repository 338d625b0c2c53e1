namespace Ddpm.Networks.Onnx;

/// <summary>x ↦ A x + b, a linear layer.</summary>
/// <param name="Outputs">Extent of what it answers.</param>
/// <param name="Inputs">Extent of x.</param>
/// <param name="Matrix">A, [outputs, inputs] row-major.</param>
/// <param name="Offset">b, [outputs].</param>
internal sealed record AffineMap(int Outputs, int Inputs, float[] Matrix, float[] Offset)
{
    /// <summary>x ↦ Aᵀ x, without an offset.</summary>
    public AffineMap Transposed
    {
        get
        {
            var matrix = new float[Matrix.Length];
            for (var output = 0; output < Outputs; output++)
            {
                for (var input = 0; input < Inputs; input++)
                    matrix[(input * Outputs) + output] = Matrix[(output * Inputs) + input];
            }
            return new AffineMap(Inputs, Outputs, matrix, new float[Inputs]);
        }
    }

    /// <summary>x ↦ A (A' x + b') + b; sums are formed in float64.</summary>
    /// <param name="first">A' and b'.</param>
    public AffineMap After(AffineMap first)
    {
        var matrix = new float[Outputs * first.Inputs];
        var offset = new float[Outputs];
        var row = new double[first.Inputs];
        for (var output = 0; output < Outputs; output++)
        {
            Array.Clear(row);
            var shift = (double)Offset[output];
            for (var inner = 0; inner < Inputs; inner++)
            {
                var factor = (double)Matrix[(output * Inputs) + inner];
                shift += factor * first.Offset[inner];
                for (var input = 0; input < row.Length; input++)
                    row[input] += factor * first.Matrix[(inner * first.Inputs) + input];
            }
            offset[output] = (float)shift;
            for (var input = 0; input < row.Length; input++)
                matrix[(output * first.Inputs) + input] = (float)row[input];
        }
        return new AffineMap(Outputs, first.Inputs, matrix, offset);
    }
}
