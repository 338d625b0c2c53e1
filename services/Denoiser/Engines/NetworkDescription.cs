using Ddpm.Diffusion;
using Ddpm.Networks;
using Ddpm.Storage.Models;

namespace Ddpm.Denoiser;

/// <summary>What a network takes and what it predicts.</summary>
/// <param name="Channels">C of a row.</param>
/// <param name="Height">H of a row.</param>
/// <param name="Width">W of a row.</param>
/// <param name="Prediction">What it was trained to predict.</param>
/// <param name="Schedule">The noise schedule that it was trained on.</param>
/// <param name="Classes">Number of classes, the null class not among them; 0: unconditional.</param>
/// <param name="NullClass">Row of the class embedding that stands for no class; null: there is none.</param>
/// <param name="PredictsVariance">Whether it answers the variance of the reverse process in as many channels after those of the prediction.</param>
public sealed record NetworkDescription(
    int Channels,
    int Height,
    int Width,
    PredictionTarget Prediction,
    NoiseSchedule Schedule,
    int Classes,
    int? NullClass,
    bool PredictsVariance = false)
{
    /// <summary>Elements of a row.</summary>
    public int Elements => Channels * Height * Width;

    /// <summary>Channels of what the network answers for a row.</summary>
    public int OutputChannels => PredictsVariance ? 2 * Channels : Channels;

    /// <summary>Elements of what the network answers for a row.</summary>
    public int OutputElements => OutputChannels * Height * Width;

    public int[] Shape => [Channels, Height, Width];

    /// <summary>Reads it from a checkpoint's configuration.</summary>
    /// <exception cref="InvalidConfigException">The files do not say what images the network takes, or contradict each other.</exception>
    public static NetworkDescription Of(UNetConfig config, SchedulerConfig scheduler)
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
            config.NullClassEmbed,
            scheduler.LearnsVariance);
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
