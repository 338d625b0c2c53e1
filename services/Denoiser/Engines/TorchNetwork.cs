using System.Runtime.InteropServices;
using Ddpm.Diffusion;
using Ddpm.Networks;
using Ddpm.Storage.Models;
using static TorchSharp.torch;

namespace Ddpm.Denoiser;

/// <summary>A checkpoint's U-Net on a Torch device.</summary>
internal sealed class TorchNetwork : IDenoisingNetwork
{
    private readonly Checkpoint _checkpoint;
    private readonly Device _device;
    private readonly int? _fixedBatch;

    /// <param name="checkpoint">Taken over.</param>
    /// <param name="device">Where its weights are.</param>
    /// <param name="fixedBatch">Rows that every forward pass has, filled up with zeros; null: as many as are asked for.</param>
    /// <exception cref="InvalidConfigException">Its files do not say what images it takes.</exception>
    public TorchNetwork(Checkpoint checkpoint, Device device, int? fixedBatch)
    {
        _checkpoint = checkpoint;
        _device = device;
        _fixedBatch = fixedBatch;
        try
        {
            Description = Describe(checkpoint.Network.Config, checkpoint.Scheduler);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
        MemoryBytes = checkpoint.Network.ParameterCount * sizeof(float);
    }

    public NetworkDescription Description { get; }

    public long MemoryBytes { get; }

    public float[][] Evaluate(IReadOnlyList<NetworkRow> rows)
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        var batch = Math.Max(rows.Count, _fixedBatch ?? 0);
        var x = zeros(batch, Description.Channels, Description.Height, Description.Width);
        var elements = MemoryMarshal.Cast<byte, float>(x.bytes);
        var timesteps = new float[batch];
        var classes = new long[batch];
        for (var i = 0; i < rows.Count; i++)
        {
            rows[i].X.CopyTo(elements[(i * Description.Elements)..]);
            timesteps[i] = (float)rows[i].Timestep;
            classes[i] = rows[i].EmbeddedClass ?? 0;
        }
        var conditioned = Description.Classes > 0;
        var output = _checkpoint.Network
            .forward(x.to(_device), tensor(timesteps, device: _device), conditioned ? tensor(classes, device: _device) : null)
            // A network that learned its variance has it in further channels; samplers choose theirs.
            .narrow(1, 0, Description.Channels)
            .cpu().contiguous();

        var values = MemoryMarshal.Cast<byte, float>(output.bytes);
        var predictions = new float[rows.Count][];
        for (var i = 0; i < predictions.Length; i++)
            predictions[i] = values.Slice(i * Description.Elements, Description.Elements).ToArray();
        return predictions;
    }

    public void Dispose() => _checkpoint.Dispose();

    private static NetworkDescription Describe(UNetConfig config, SchedulerConfig scheduler)
    {
        var violations = new List<FieldViolation>();
        if (config.SampleSize is null)
            violations.Add(new("sample_size", "must be set"));
        var outChannels = scheduler.OutChannels(config.InChannels);
        if (config.OutChannels != outChannels)
        {
            violations.Add(new("out_channels", $"must be {outChannels} where in_channels is {config.InChannels} and the variance_type of "
                + $"{SchedulerConfig.FileName} is '{scheduler.VarianceType}', is {config.OutChannels}"));
        }
        if (config.NullClassEmbed is { } row && row != config.NumClassEmbeds - 1)
            violations.Add(new("null_class_embed", $"must be the last row of the class embedding ({config.NumClassEmbeds - 1}), is {row}"));
        if (violations.Count > 0)
            throw new InvalidConfigException(UNetConfig.FileName, violations);

        return new NetworkDescription(
            config.InChannels,
            config.SampleSize!.Value.Height,
            config.SampleSize.Value.Width,
            Target(scheduler),
            new NoiseSchedule(new NoiseScheduleOptions(Kind(scheduler), scheduler.NumTrainTimesteps, scheduler.BetaStart, scheduler.BetaEnd)),
            (config.NumClassEmbeds ?? 0) - (config.NullClassEmbed is null ? 0 : 1),
            config.NullClassEmbed);
    }

    private static PredictionTarget Target(SchedulerConfig scheduler) => scheduler.PredictionType switch
    {
        "v_prediction" => PredictionTarget.V,
        "sample" => PredictionTarget.Sample,
        _ => PredictionTarget.Epsilon,
    };

    private static BetaScheduleKind Kind(SchedulerConfig scheduler) => scheduler.BetaSchedule switch
    {
        "scaled_linear" => BetaScheduleKind.ScaledLinear,
        "squaredcos_cap_v2" => BetaScheduleKind.Cosine,
        "sigmoid" => BetaScheduleKind.Sigmoid,
        _ => BetaScheduleKind.Linear,
    };
}
