using static Ddpm.Networks.Onnx.OnnxAttribute;

namespace Ddpm.Networks.Onnx;

/// <summary>The layers that a U-Net is made of, as nodes with the weights of a checkpoint. Every method answers the name of its output.</summary>
internal sealed class OnnxLayers(OnnxGraph graph, CheckpointFolder checkpoint, OnnxDialect dialect)
{
    private readonly HashSet<string> _read = [];

    public OnnxGraph Graph => graph;

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
        var identity = new float[groups];
        Array.Fill(identity, 1f);
        var grouped = graph.Add("Reshape", [x, graph.Integers(0, groups, -1)]);
        var normalised = graph.Add(
            "InstanceNormalization",
            [grouped, graph.Constant($"ones {groups}", identity, groups), graph.Constant($"zeros {groups}", new float[groups], groups)],
            Of("epsilon", eps));
        var image = graph.Add("Reshape", [normalised, graph.Integers(0, channels, size.Height, size.Width)]);
        var scaled = graph.Add("Mul", [image, graph.Constant($"{name}.weight", Weight($"{name}.weight", channels), channels, 1, 1)]);
        return graph.Add("Add", [scaled, graph.Constant($"{name}.bias", Weight($"{name}.bias", channels), channels, 1, 1)]);
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

    /// <summary>A linear layer over each position of [n, positions, channels].</summary>
    public string ProjectPositions(string positions, string name, int channels)
    {
        var (weights, biases) = Merge([name], channels);
        var product = graph.Add("MatMul", [positions, graph.Constant($"{name}.weight", weights, channels, channels)]);
        return graph.Add("Add", [product, graph.Constant($"{name}.bias", biases, channels)]);
    }

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
