using static Ddpm.Networks.Onnx.OnnxAttribute;

namespace Ddpm.Networks.Onnx;

/// <summary>All of a U-Net that depends only on timestep and class: the embedding, and what each block makes of it.</summary>
internal sealed class OnnxTimeEmbedding(OnnxLayers layers, UNetConfig config)
{
    private readonly OnnxGraph _graph = layers.Graph;

    /// <summary>Embeds timesteps [n] and, in a conditional network, rows of the class embedding [n] as [n, <see cref="UNetConfig.TimeEmbedDim"/>].</summary>
    public string Embed(string timesteps, string? classes)
    {
        using var part = _graph.Within("time_embedding");
        var features = config.BlockOutChannels[0];
        var hidden = layers.Silu(layers.Project(Sinusoids(timesteps), "time_embedding.linear_1", features, config.TimeEmbedDim));
        var embedding = layers.Project(hidden, "time_embedding.linear_2", config.TimeEmbedDim, config.TimeEmbedDim);
        if (classes is null)
            return embedding;
        const string name = "class_embedding.weight";
        var rows = config.NumClassEmbeds!.Value;
        var table = _graph.Constant(name, layers.Weight(name, rows, config.TimeEmbedDim), rows, config.TimeEmbedDim);
        return _graph.Add("Add", [embedding, _graph.Add("Gather", [table, classes])]);
    }

    /// <summary>What the blocks add to or multiply their images by, one after the other, [n, sum of channels, 1, 1].</summary>
    public string Project(string embedding, IReadOnlyList<TimeProjection> projections)
    {
        using var part = _graph.Within("time_projections");
        var active = layers.Silu(embedding);
        var projected = projections.Select(projection =>
        {
            var value = layers.Project(active, projection.Name, config.TimeEmbedDim, projection.Channels);
            if (!projection.IsScaleShift)
                return value;
            // 1 + scale, and shift.
            var one = new float[projection.Channels];
            Array.Fill(one, 1f, 0, one.Length / 2);
            return _graph.Add("Add", [value, _graph.Constant($"one and zero {one.Length}", one, one.Length)]);
        });
        return _graph.Add("Reshape", [_graph.Add("Concat", [.. projected], Of("axis", 1)), _graph.Integers(0, -1, 1, 1)]);
    }

    /// <summary>sin(t·ω_i), cos(t·ω_i), with ω as TimestepEmbedding has them: in float32 throughout, whose rounding t multiplies.</summary>
    private string Sinusoids(string timesteps)
    {
        var features = config.BlockOutChannels[0];
        var half = features / 2;
        var frequencies = new float[half];
        for (var i = 0; i < half; i++)
            frequencies[i] = (float)Math.Exp(i * (float)-Math.Log(10000) / (float)(half - config.FreqShift));
        var angles = _graph.Add("Mul", [_graph.Add("Unsqueeze", [timesteps, _graph.Integers(1)]), _graph.Constant("frequencies", frequencies, 1, half)]);
        var (sines, cosines) = (_graph.Add("Sin", [angles]), _graph.Add("Cos", [angles]));
        var sinusoids = _graph.Add("Concat", config.FlipSinToCos ? [cosines, sines] : [sines, cosines], Of("axis", 1));
        return features % 2 == 0 ? sinusoids : _graph.Add("Pad", [sinusoids, _graph.Integers(0, 0, 0, 1)]);
    }
}

/// <summary>What one block makes of the time embedding.</summary>
/// <param name="Name">The layer's name in the checkpoint.</param>
/// <param name="Channels">What it answers.</param>
/// <param name="IsScaleShift">Whether it scales and shifts: the first half then is the scale, less one.</param>
internal readonly record struct TimeProjection(string Name, int Channels, bool IsScaleShift);
