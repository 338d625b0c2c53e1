using Ddpm.Networks.Onnx.Format;
using Google.Protobuf;

namespace Ddpm.Networks.Onnx;

/// <summary>Writes the network of a checkpoint as ONNX, weights included.</summary>
public static class OnnxExport
{
    /// <summary>x_t, [batch, in_channels, h, w] float32.</summary>
    public const string Sample = "sample";

    /// <summary>t, [batch] float32, whole or fractional.</summary>
    public const string Timestep = "timestep";

    /// <summary>Rows of the class embedding, [batch] int64; only where the network is conditional.</summary>
    public const string ClassLabels = "class_labels";

    /// <summary>What the network predicts, [batch, out_channels, h, w] float32.</summary>
    public const string OutSample = "out_sample";

    /// <summary>What the blocks make of timestep and class, [batch, sum of their channels, 1, 1] float32: an output of the one, an input of the other part.</summary>
    public const string Times = "times";

    /// <summary>Protobuf's own limit.</summary>
    private const long MaxBytes = int.MaxValue;

    /// <summary>What is left of it when nodes, names and metadata have theirs.</summary>
    private const long MaxWeightBytes = MaxBytes - (1 << 20);

    /// <summary>
    /// Writes the whole network: <see cref="Sample"/>, <see cref="Timestep"/> and <see cref="ClassLabels"/> in, <see cref="OutSample"/> out. Meanwhile the
    /// weights are in memory once, as float32.
    /// </summary>
    /// <param name="checkpoint">The network.</param>
    /// <param name="output">Where the file goes; need not be able to seek.</param>
    /// <param name="dialect">Whose operators it may use.</param>
    /// <exception cref="CheckpointException">The weights do not fit config.json, or are too many for one file; nothing is written.</exception>
    /// <exception cref="InvalidConfigException">config.json has no sample_size; nothing is written.</exception>
    public static void Network(CheckpointFolder checkpoint, Stream output, OnnxDialect dialect = OnnxDialect.Portable)
    {
        var config = WithSampleSize(checkpoint.Config);
        // Before two gigabytes of them are read.
        if (checkpoint.WeightCount * sizeof(float) > MaxWeightBytes)
            throw checkpoint.TooLarge(MaxBytes);
        var graph = new OnnxGraph("unet");
        var layers = new OnnxLayers(graph, checkpoint, dialect);
        var body = new OnnxUNet(config, layers);
        var x = SampleInput(graph, config);
        Output(graph, config, body.Predict(x, TimesOf(graph, layers, config, body)));
        checkpoint.ThrowIfNot(layers.Read);
        ToModel(graph, checkpoint, config).WriteTo(output);
    }

    /// <summary>
    /// The network in two parts, for ONNX Runtime: <see cref="Timestep"/> and <see cref="ClassLabels"/> in, <see cref="Times"/> out; then
    /// <see cref="Sample"/> and <see cref="Times"/> in, <see cref="OutSample"/> out. The first is the same for all images of a timestep and class.
    /// </summary>
    /// <exception cref="CheckpointException">The weights do not fit config.json, or are too many for one file.</exception>
    /// <exception cref="InvalidConfigException">config.json has no sample_size.</exception>
    public static (byte[] Embedding, byte[] Body) Parts(CheckpointFolder checkpoint)
    {
        var config = WithSampleSize(checkpoint.Config);
        var first = new OnnxGraph("times");
        var firstLayers = new OnnxLayers(first, checkpoint, OnnxDialect.OnnxRuntime);
        var second = new OnnxGraph("unet");
        var secondLayers = new OnnxLayers(second, checkpoint, OnnxDialect.OnnxRuntime);
        var body = new OnnxUNet(config, secondLayers);
        var channels = body.Projections.Sum(projection => projection.Channels);
        first.Output(Times, TimesOf(first, firstLayers, config, body), channels, 1, 1);
        var x = SampleInput(second, config);
        Output(second, config, body.Predict(x, second.Input(Times, TensorProto.Types.DataType.Float, channels, 1, 1)));
        checkpoint.ThrowIfNot([.. firstLayers.Read, .. secondLayers.Read]);
        return (ToModel(first, checkpoint, config).ToByteArray(), ToModel(second, checkpoint, config).ToByteArray());
    }

    private static UNetConfig WithSampleSize(UNetConfig config) => config.SampleSize is not null
        ? config
        : throw new InvalidConfigException(UNetConfig.FileName, [new FieldViolation("sample_size", "must be set")]);

    private static string SampleInput(OnnxGraph graph, UNetConfig config) =>
        graph.Input(Sample, TensorProto.Types.DataType.Float, config.InChannels, config.SampleSize!.Value.Height, config.SampleSize.Value.Width);

    private static void Output(OnnxGraph graph, UNetConfig config, string value) =>
        graph.Output(OutSample, value, config.OutChannels, config.SampleSize!.Value.Height, config.SampleSize.Value.Width);

    private static string TimesOf(OnnxGraph graph, OnnxLayers layers, UNetConfig config, OnnxUNet body)
    {
        var timesteps = graph.Input(Timestep, TensorProto.Types.DataType.Float);
        var classes = config.NumClassEmbeds is null ? null : graph.Input(ClassLabels, TensorProto.Types.DataType.Int64);
        var embedding = new OnnxTimeEmbedding(layers, config);
        return embedding.Project(embedding.Embed(timesteps, classes), body.Projections);
    }

    private static ModelProto ToModel(OnnxGraph graph, CheckpointFolder checkpoint, UNetConfig config)
    {
        var model = graph.ToModel(new Dictionary<string, string>
        {
            [UNetConfig.FileName] = config.ToJson(),
            [SchedulerConfig.FileName] = checkpoint.Scheduler.ToJson(),
            [ModelIndex.FileName] = checkpoint.Index.ToJson(),
        });
        return model.Graph.Initializer.Sum(tensor => (long)tensor.RawData.Length) <= MaxWeightBytes
            ? model
            : throw checkpoint.TooLarge(MaxBytes);
    }
}
