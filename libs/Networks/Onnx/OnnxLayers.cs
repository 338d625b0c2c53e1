using static Ddpm.Networks.Onnx.OnnxAttribute;

namespace Ddpm.Networks.Onnx;

/// <summary>The layers that a U-Net is made of, as nodes with the weights of a checkpoint. Every method answers the name of its output.</summary>
internal sealed class OnnxLayers(OnnxGraph graph, CheckpointFolder checkpoint, OnnxDialect dialect)
{
    private readonly HashSet<string> _read = [];

    public OnnxGraph Graph => graph;

    public OnnxDialect Dialect => dialect;

    /// <summary>Weights that were read, by their names.</summary>
    public IReadOnlyCollection<string> Read => _read;

    /// <summary>Reads a weight of the checkpoint.</summary>
    /// <exception cref="CheckpointException">It is not there, or has another shape.</exception>
    public float[] Weight(string name, params ReadOnlySpan<long> shape)
    {
        _read.Add(name);
        return checkpoint.ReadWeight(name, shape);
    }

    /// <summary>x · sigmoid(x).</summary>
    public string Silu(string x) => dialect == OnnxDialect.OnnxRuntime
        ? graph.Add("com.microsoft.QuickGelu", [x], Of("alpha", 1.0))
        : graph.Add("Mul", [x, graph.Add("Sigmoid", [x])]);

    /// <summary>A convolution over [n, inputs, h, w].</summary>
    /// <param name="x">The value.</param>
    /// <param name="name">The layer's name in the checkpoint.</param>
    /// <param name="inputs">Channels of x.</param>
    /// <param name="outputs">Channels of what it answers.</param>
    /// <param name="kernel">Height and width of the kernel.</param>
    /// <param name="stride">Pixels that the kernel moves by.</param>
    /// <param name="pads">Zeros around: top, left, bottom, right.</param>
    public string Convolve(string x, string name, int inputs, int outputs, int kernel, int stride, params ReadOnlySpan<long> pads) => graph.Add(
        "Conv",
        [
            x,
            graph.Constant($"{name}.weight", Weight($"{name}.weight", outputs, inputs, kernel, kernel), outputs, inputs, kernel, kernel),
            graph.Constant($"{name}.bias", Weight($"{name}.bias", outputs), outputs),
        ],
        Of("kernel_shape", kernel, kernel), Of("strides", stride, stride), Of("pads", pads));

    /// <summary>An affine map of each pixel's channels.</summary>
    public string Map(string image, string name, AffineMap map) => graph.Add(
        "Conv",
        [
            image,
            graph.Constant($"{name}.weight", map.Matrix, map.Outputs, map.Inputs, 1, 1),
            graph.Constant($"{name}.bias", map.Offset, map.Outputs),
        ],
        Of("kernel_shape", 1, 1));

    /// <summary>
    /// A 3×3 convolution, zeros around, of an image whose pixels were doubled both ways, without doubling them: pixels of each parity see 2×2 pixels of the
    /// small image, by kernels whose rows and columns that fall onto one pixel are added up. That is 16 products for each small pixel and not 36.
    /// </summary>
    /// <param name="x">The small image, [n, channels, h, w].</param>
    /// <param name="name">The layer's name in the checkpoint.</param>
    /// <param name="channels">Channels of both images.</param>
    /// <param name="size">Of the doubled image.</param>
    public string ConvolveDoubled(string x, string name, int channels, SampleSize size)
    {
        var kernels = Weight($"{name}.weight", channels, channels, 3, 3);
        var bias = graph.Constant($"{name}.bias", Weight($"{name}.bias", channels), channels);
        // Columns first, then rows: joined so, pixels are copied in half of the time that ONNX Runtime's DepthToSpace takes.
        var rows = graph.Add("Concat", [Row(0), Row(1)], Of("axis", 3));
        return graph.Add("Reshape", [rows, graph.Integers(0, channels, size.Height, size.Width)]);

        string Row(int odd) => graph.Add("Concat", [Pixels(odd, 0), Pixels(odd, 1)], Of("axis", 5));

        // [n, channels, h, 1, w, 1].
        string Pixels(int oddRow, int oddColumn)
        {
            var kernel = graph.Constant($"{name}.weight {oddRow} {oddColumn}", Folded(kernels, oddRow, oddColumn), channels, channels, 2, 2);
            var pixels = graph.Add("Conv", [x, kernel, bias], Of("kernel_shape", 2, 2), Of("pads", 1 - oddRow, 1 - oddColumn, oddRow, oddColumn));
            return graph.Add("Reshape", [pixels, graph.Integers(0, channels, size.Height / 2, 1, size.Width / 2, 1)]);
        }
    }

    /// <summary>Of 3×3 kernels the 2×2 ones that act on pixels of a parity: an even row or column sees its neighbour before by the first tap, itself by the others.</summary>
    private static float[] Folded(float[] kernels, int oddRow, int oddColumn)
    {
        var folded = new float[kernels.Length / 9 * 4];
        for (var kernel = 0; kernel < kernels.Length / 9; kernel++)
        {
            for (var tap = 0; tap < 9; tap++)
            {
                var (row, column) = ((tap / 3 + 1 - oddRow) / 2, (tap % 3 + 1 - oddColumn) / 2);
                folded[(kernel * 4) + (row * 2) + column] += kernels[(kernel * 9) + tap];
            }
        }
        return folded;
    }

    /// <summary>A linear layer over [n, inputs].</summary>
    public string Project(string x, string name, int inputs, int outputs) => graph.Add(
        "Gemm",
        [
            x,
            graph.Constant($"{name}.weight", Weight($"{name}.weight", outputs, inputs), outputs, inputs),
            graph.Constant($"{name}.bias", Weight($"{name}.bias", outputs), outputs),
        ],
        Of("transB", 1));

    /// <summary>
    /// Group normalisation of [n, channels, h, w], with scale and shift (Wu and He 2018): each group of an image is normalised as one channel
    /// of an instance normalisation.
    /// </summary>
    public string Normalise(string x, string name, int groups, int channels, SampleSize size, double eps)
    {
        var grouped = graph.Add("Reshape", [x, graph.Integers(0, groups, -1)]);
        var normalised = graph.Add("InstanceNormalization", [grouped, Ones(groups), Zeros(groups)], Of("epsilon", eps));
        var image = graph.Add("Reshape", [normalised, graph.Integers(0, channels, size.Height, size.Width)]);
        var (scale, shift) = (Weight($"{name}.weight", channels), Weight($"{name}.bias", channels));
        if (dialect == OnnxDialect.OnnxRuntime)
        {
            // Batch normalisation of mean 0 and variance 1 is scale and shift in one pass.
            return graph.Add(
                "BatchNormalization",
                [image, graph.Constant($"{name}.weight", scale, channels), graph.Constant($"{name}.bias", shift, channels), Zeros(channels), Ones(channels)],
                Of("epsilon", 0.0));
        }
        var scaled = graph.Add("Mul", [image, graph.Constant($"{name}.weight", scale, channels, 1, 1)]);
        return graph.Add("Add", [scaled, graph.Constant($"{name}.bias", shift, channels, 1, 1)]);
    }

    /// <summary>Attention of positions to each other.</summary>
    /// <param name="positions">[n, positions, channels].</param>
    /// <param name="name">The layer's name in the checkpoint.</param>
    /// <param name="channels">Channels of a position.</param>
    /// <param name="heads">Heads that share them.</param>
    /// <param name="shift">Added to query, key and value, [n, 1, channels]; null: nothing.</param>
    public string Attend(string positions, string name, int channels, int heads, string? shift)
    {
        if (dialect == OnnxDialect.OnnxRuntime && shift is null)
        {
            var (weights, biases) = Merge([.. new[] { "to_q", "to_k", "to_v" }.Select(part => $"{name}.{part}")], channels);
            return graph.Add(
                "com.microsoft.Attention",
                [positions, graph.Constant($"{name}.to_qkv.weight", weights, channels, 3 * channels), graph.Constant($"{name}.to_qkv.bias", biases, 3 * channels)],
                Of("num_heads", heads));
        }
        var (query, key, value) = (Part("to_q"), Part("to_k"), Part("to_v"));
        if (dialect == OnnxDialect.OnnxRuntime)
            return graph.Add("com.microsoft.MultiHeadAttention", [query, key, value], Of("num_heads", heads));
        var scores = graph.Add("MatMul", [Heads(query, 0, 2, 1, 3), Heads(key, 0, 2, 3, 1)]);
        var weighted = graph.Add("Softmax", [graph.Add("Mul", [scores, graph.Number(1 / Math.Sqrt(channels / heads))])], Of("axis", -1));
        var attended = graph.Add("Transpose", [graph.Add("MatMul", [weighted, Heads(value, 0, 2, 1, 3)])], Of("perm", 0, 2, 1, 3));
        return graph.Add("Reshape", [attended, graph.Integers(0, 0, channels)]);

        string Part(string part)
        {
            var projected = ProjectPositions(positions, $"{name}.{part}", channels);
            return shift is null ? projected : graph.Add("Add", [projected, shift]);
        }

        string Heads(string tensor, params ReadOnlySpan<long> order) =>
            graph.Add("Transpose", [graph.Add("Reshape", [tensor, graph.Integers(0, 0, heads, channels / heads)])], Of("perm", order));
    }

    /// <summary>
    /// Attention of an image's pixels to each other with one head, output layer included, in half of its linear layers: between those of query
    /// and key, and between those of value and output, nothing stands, and so each pair is one. With q = W_q x + b_q and k = W_k x, whose offset
    /// the softmax does not see, the scores are q_i·k_j = (W_kᵀ q_i)·x_j; and as weights sum to one, the output is W_o W_v Σ_j a_ij x_j + W_o b_v + b_o.
    /// </summary>
    /// <param name="image">[n, channels, h, w].</param>
    /// <param name="name">The layer's name in the checkpoint.</param>
    /// <param name="channels">Channels of the image.</param>
    /// <param name="size">Height and width of the image.</param>
    public string AttendWithOneHead(string image, string name, int channels, SampleSize size)
    {
        var (query, key, value, output) = (Linear("to_q"), Linear("to_k"), Linear("to_v"), Linear("to_out.0"));
        var pixels = graph.Add("Reshape", [image, graph.Integers(0, channels, -1)]);
        var queries = graph.Add("Reshape", [Map(image, $"{name}.to_qk", key.Transposed.After(query)), graph.Integers(0, channels, -1)]);
        var scores = graph.Add("com.microsoft.FusedMatMul", [queries, pixels], Of("transA", 1), Of("alpha", 1 / Math.Sqrt(channels)));
        var weights = graph.Add("Softmax", [scores], Of("axis", -1));
        // ONNX Runtime shares a product among threads by its rows, unless it has more columns; only by rows its bits do not depend on how many they are.
        var attended = size.Height * size.Width <= channels
            ? graph.Add("com.microsoft.FusedMatMul", [pixels, weights], Of("transB", 1))
            : graph.Add("Transpose", [graph.Add("com.microsoft.FusedMatMul", [weights, pixels], Of("transB", 1))], Of("perm", 0, 2, 1));
        var attendedImage = graph.Add("Reshape", [attended, graph.Integers(0, channels, size.Height, size.Width)]);
        return Map(attendedImage, $"{name}.to_vo", output.After(value));

        AffineMap Linear(string part) =>
            new(channels, channels, Weight($"{name}.{part}.weight", channels, channels), Weight($"{name}.{part}.bias", channels));
    }

    /// <summary>A linear layer over each position of [n, positions, channels].</summary>
    public string ProjectPositions(string positions, string name, int channels)
    {
        var (weights, biases) = Merge([name], channels);
        var product = graph.Add("MatMul", [positions, graph.Constant($"{name}.weight", weights, channels, channels)]);
        return graph.Add("Add", [product, graph.Constant($"{name}.bias", biases, channels)]);
    }

    private string Ones(int channels) => graph.Constant($"ones {channels}", [.. Enumerable.Repeat(1f, channels)], channels);

    private string Zeros(int channels) => graph.Constant($"zeros {channels}", new float[channels], channels);

    /// <summary>Linear layers of channels to channels side by side, as one of [channels, layers · channels].</summary>
    private (float[] Weights, float[] Biases) Merge(string[] names, int channels)
    {
        var columns = names.Length * channels;
        var weights = new float[channels * columns];
        foreach (var (place, name) in names.Index())
        {
            var layer = Weight($"{name}.weight", channels, channels);
            for (var output = 0; output < channels; output++)
            {
                for (var input = 0; input < channels; input++)
                    weights[(input * columns) + (place * channels) + output] = layer[(output * channels) + input];
            }
        }
        return (weights, [.. names.SelectMany(name => Weight($"{name}.bias", channels))]);
    }
}
