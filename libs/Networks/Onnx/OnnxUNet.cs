using static Ddpm.Networks.Onnx.OnnxAttribute;

namespace Ddpm.Networks.Onnx;

/// <summary>The blocks of a U-Net in the order of <see cref="UNet2DModel"/>, and all that they ask of the time embedding.</summary>
internal sealed class OnnxUNet
{
    private readonly UNetConfig _config;
    private readonly OnnxLayers _layers;
    private readonly OnnxGraph _graph;
    private readonly Dictionary<string, string> _times = [];

    /// <param name="config">The architecture; its sample size is given.</param>
    /// <param name="layers">Writes the nodes.</param>
    public OnnxUNet(UNetConfig config, OnnxLayers layers)
    {
        (_config, _layers, _graph) = (config, layers, layers.Graph);
        Projections = [.. Describe()];
    }

    /// <summary>What the blocks make of the time embedding, in an order of their own.</summary>
    public IReadOnlyList<TimeProjection> Projections { get; }

    /// <summary>Predicts from x [n, in_channels, h, w] and what <see cref="OnnxTimeEmbedding.Project"/> answers.</summary>
    public string Predict(string x, string times)
    {
        SplitTimes(times);
        var channels = _config.BlockOutChannels;
        var size = _config.SampleSize!.Value;
        if (_config.CenterInputSample)
            x = _graph.Add("Sub", [_graph.Add("Mul", [x, _graph.Number(2)]), _graph.Number(1)]);
        var hidden = _layers.Convolve(x, "conv_in", _config.InChannels, channels[0], 3, 1, 1, 1, 1, 1);
        var skips = new Stack<(string Value, int Channels)>([(hidden, channels[0])]);
        var current = channels[0];
        for (var i = 0; i < channels.Count; i++)
        {
            var block = $"down_blocks.{i}";
            for (var layer = 0; layer < _config.LayersPerBlock; layer++)
            {
                hidden = Residual(hidden, $"{block}.resnets.{layer}", current, channels[i], size);
                current = channels[i];
                if (_config.DownBlockTypes[i] == "AttnDownBlock2D")
                    hidden = Attention(hidden, $"{block}.attentions.{layer}", current, _config.NormNumGroups, size);
                skips.Push((hidden, current));
            }
            if (i == channels.Count - 1)
                break;
            hidden = Downsample(hidden, $"{block}.downsamplers.0.conv", current);
            size = new SampleSize(size.Height / 2, size.Width / 2);
            skips.Push((hidden, current));
        }
        hidden = Middle(hidden, current, size);
        for (var i = 0; i < channels.Count; i++)
        {
            var block = $"up_blocks.{i}";
            var outputs = channels[channels.Count - 1 - i];
            for (var layer = 0; layer <= _config.LayersPerBlock; layer++)
            {
                var (skip, skipChannels) = skips.Pop();
                hidden = Residual(_graph.Add("Concat", [hidden, skip], Of("axis", 1)), $"{block}.resnets.{layer}", current + skipChannels, outputs, size);
                current = outputs;
                if (_config.UpBlockTypes[i] == "AttnUpBlock2D")
                    hidden = Attention(hidden, $"{block}.attentions.{layer}", current, _config.NormNumGroups, size);
            }
            if (i == channels.Count - 1)
                break;
            size = new SampleSize(size.Height * 2, size.Width * 2);
            hidden = Upsample(hidden, $"{block}.upsamplers.0.conv", current, size);
        }
        hidden = _layers.Silu(_layers.Normalise(hidden, "conv_norm_out", _config.NormNumGroups, current, size, _config.NormEps));
        return _layers.Convolve(hidden, "conv_out", current, _config.OutChannels, 3, 1, 1, 1, 1, 1);
    }

    private bool ScaleShift => _config.ResnetTimeScaleShift == UNetConfig.ScaleShift;

    private int Heads(int channels) => channels / (_config.AttentionHeadDim ?? channels);

    private string Middle(string x, int channels, SampleSize size)
    {
        x = Residual(x, "mid_block.resnets.0", channels, channels, size, _config.MidBlockScaleFactor);
        if (_config.AddAttention)
            x = Attention(x, "mid_block.attentions.0", channels, _config.MidAttentionNormGroups, size, _config.MidBlockScaleFactor);
        return Residual(x, "mid_block.resnets.1", channels, channels, size, _config.MidBlockScaleFactor);
    }

    private string Residual(string x, string name, int inputs, int outputs, SampleSize size, double outputScale = 1)
    {
        using var part = _graph.Within(name);
        var hidden = _layers.Silu(_layers.Normalise(x, $"{name}.norm1", _config.NormNumGroups, inputs, size, _config.NormEps));
        hidden = _layers.Convolve(hidden, $"{name}.conv1", inputs, outputs, 3, 1, 1, 1, 1, 1);
        var time = _times[$"{name}.time_emb_proj"];
        if (ScaleShift)
        {
            var scaleAndShift = _graph.Add("Split", 2, [time, _graph.Integers(outputs, outputs)], Of("axis", 1));
            hidden = _layers.Normalise(hidden, $"{name}.norm2", _config.NormNumGroups, outputs, size, _config.NormEps);
            hidden = _graph.Add("Add", [_graph.Add("Mul", [hidden, scaleAndShift[0]]), scaleAndShift[1]]);
        }
        else
        {
            hidden = _layers.Normalise(_graph.Add("Add", [hidden, time]), $"{name}.norm2", _config.NormNumGroups, outputs, size, _config.NormEps);
        }
        hidden = _layers.Convolve(_layers.Silu(hidden), $"{name}.conv2", outputs, outputs, 3, 1, 1, 1, 1, 1);
        var shortcut = inputs == outputs ? x : _layers.Convolve(x, $"{name}.conv_shortcut", inputs, outputs, 1, 1, 0, 0, 0, 0);
        return Scaled(_graph.Add("Add", [hidden, shortcut]), outputScale);
    }

    private string Attention(string x, string name, int channels, int? normGroups, SampleSize size, double outputScale = 1)
    {
        using var part = _graph.Within(name);
        var normalised = normGroups is { } groups ? _layers.Normalise(x, $"{name}.group_norm", groups, channels, size, _config.NormEps) : x;
        if (_layers.Dialect == OnnxDialect.OnnxRuntime && Heads(channels) == 1 && !_config.AttentionTimeEmbedding)
            return Scaled(_graph.Add("Add", [_layers.AttendWithOneHead(normalised, name, channels, size), x]), outputScale);
        var positions = _graph.Add("Transpose", [_graph.Add("Reshape", [normalised, _graph.Integers(0, channels, -1)])], Of("perm", 0, 2, 1));
        var shift = _config.AttentionTimeEmbedding ? _graph.Add("Reshape", [_times[$"{name}.time_emb_proj"], _graph.Integers(0, 1, channels)]) : null;
        var attended = _layers.ProjectPositions(_layers.Attend(positions, name, channels, Heads(channels), shift), $"{name}.to_out.0", channels);
        var image = _graph.Add("Reshape", [_graph.Add("Transpose", [attended], Of("perm", 0, 2, 1)), _graph.Integers(0, channels, size.Height, size.Width)]);
        return Scaled(_graph.Add("Add", [image, x]), outputScale);
    }

    private string Downsample(string x, string name, int channels) => _config.DownsamplePadding == 0
        ? _layers.Convolve(x, name, channels, channels, 3, 2, 0, 0, 1, 1)
        : _layers.Convolve(x, name, channels, channels, 3, 2, 1, 1, 1, 1);

    private string Upsample(string x, string name, int channels, SampleSize size)
    {
        if (_layers.Dialect == OnnxDialect.OnnxRuntime)
            return _layers.ConvolveDoubled(x, name, channels, size);
        var doubled = _graph.Add(
            "Resize", [x, "", _graph.Constant("doubled", [1f, 1f, 2f, 2f], 4)],
            Of("mode", "nearest"), Of("coordinate_transformation_mode", "asymmetric"), Of("nearest_mode", "floor"));
        return _layers.Convolve(doubled, name, channels, channels, 3, 1, 1, 1, 1, 1);
    }

    private string Scaled(string x, double outputScale) => outputScale == 1 ? x : _graph.Add("Div", [x, _graph.Number(outputScale)]);

    private void SplitTimes(string times)
    {
        if (Projections.Count == 1)
        {
            _times[Projections[0].Name] = times;
            return;
        }
        var parts = _graph.Add("Split", Projections.Count, [times, _graph.Integers([.. Projections.Select(projection => (long)projection.Channels)])], Of("axis", 1));
        foreach (var (projection, part) in Projections.Zip(parts))
            _times[projection.Name] = part;
    }

    private IEnumerable<TimeProjection> Describe()
    {
        var channels = _config.BlockOutChannels;
        var blocks = Enumerable.Range(0, channels.Count)
            .Select(i => ($"down_blocks.{i}", channels[i], _config.LayersPerBlock, _config.DownBlockTypes[i] == "AttnDownBlock2D" ? _config.LayersPerBlock : 0))
            .Append(("mid_block", channels[^1], 2, _config.AddAttention ? 1 : 0))
            .Concat(Enumerable.Range(0, channels.Count).Select(i => ($"up_blocks.{i}", channels[channels.Count - 1 - i], _config.LayersPerBlock + 1,
                _config.UpBlockTypes[i] == "AttnUpBlock2D" ? _config.LayersPerBlock + 1 : 0)));
        foreach (var (block, outputs, residuals, attentions) in blocks)
        {
            for (var layer = 0; layer < residuals; layer++)
                yield return new TimeProjection($"{block}.resnets.{layer}.time_emb_proj", ScaleShift ? 2 * outputs : outputs, ScaleShift);
            for (var layer = 0; layer < attentions && _config.AttentionTimeEmbedding; layer++)
                yield return new TimeProjection($"{block}.attentions.{layer}.time_emb_proj", outputs, IsScaleShift: false);
        }
    }
}
