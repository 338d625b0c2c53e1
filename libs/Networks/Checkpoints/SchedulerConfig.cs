using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Ddpm.Networks;

/// <summary>
/// What a network was trained for: the keys of diffusers' scheduler_config.json that say which noise it saw and what it predicts. The keys
/// that only choose how to sample are ignored: the sampler's options choose that.
/// </summary>
public sealed record SchedulerConfig
{
    public const string FileName = "scheduler_config.json";

    /// <summary>The <see cref="VarianceType"/> of a network that predicts its variance.</summary>
    public const string LearnedRange = "learned_range";

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        RespectNullableAnnotations = true,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
    };

    /// <summary>Timesteps T, 2 … 100000.</summary>
    public int NumTrainTimesteps { get; init; } = 1000;

    /// <summary><c>linear</c>, <c>scaled_linear</c>, <c>squaredcos_cap_v2</c> (cosine) or <c>sigmoid</c>.</summary>
    public string BetaSchedule { get; init; } = "linear";

    /// <summary>β of the first timestep; a cosine schedule ignores it.</summary>
    public double BetaStart { get; init; } = 0.0001;

    /// <summary>β of the last timestep; a cosine schedule ignores it.</summary>
    public double BetaEnd { get; init; } = 0.02;

    /// <summary><c>epsilon</c>, <c>v_prediction</c> or <c>sample</c>.</summary>
    public string PredictionType { get; init; } = "epsilon";

    /// <summary>
    /// Variance of the reverse process: <c>learned_range</c>, the network predicts it, in as many channels after those of the image (Nichol and
    /// Dhariwal 2021, equation 15); or <c>fixed_small</c>, <c>fixed_small_log</c>, <c>fixed_large</c> or <c>fixed_large_log</c>, which choose only
    /// how diffusers samples.
    /// </summary>
    public string VarianceType { get; init; } = "fixed_small";

    /// <summary>Whether the network predicts the variance.</summary>
    [JsonIgnore]
    public bool LearnsVariance => VarianceType == LearnedRange;

    /// <summary>Channels that a network must answer.</summary>
    /// <param name="imageChannels">Channels of x.</param>
    public int OutChannels(int imageChannels) => LearnsVariance ? 2 * imageChannels : imageChannels;

    /// <exception cref="InvalidConfigException">It breaks a rule; every violation is named.</exception>
    public static SchedulerConfig Read(string path)
    {
        try
        {
            var keys = JsonNode.Parse(File.ReadAllText(path)) as JsonObject ?? throw new JsonException("must be a JSON object");
            var config = keys.Deserialize<SchedulerConfig>(Json)!;
            var violations = config.Validate().Concat(UnsupportedKeys(keys)).ToList();
            return violations.Count == 0 ? config : throw new InvalidConfigException(path, violations);
        }
        catch (JsonException e)
        {
            throw new InvalidConfigException(path, [new FieldViolation(e.Path?.TrimStart('$', '.') is { Length: > 0 } field ? field : "$", $"cannot be read: {e.Message}")]);
        }
    }

    /// <summary>The text of a scheduler_config.json that diffusers' DDPMScheduler reads.</summary>
    public string ToJson()
    {
        var keys = JsonSerializer.SerializeToNode(this, Json)!.AsObject();
        keys.Insert(0, "_class_name", "DDPMScheduler");
        keys.Insert(1, "_diffusers_version", "0.31.0");
        return keys.ToJsonString(Json) + "\n";
    }

    /// <summary>Every rule that it breaks, by the key's name in scheduler_config.json.</summary>
    public IEnumerable<FieldViolation> Validate()
    {
        if (NumTrainTimesteps is < 2 or > 100_000)
            yield return new("num_train_timesteps", $"must be 2 … 100000, is {NumTrainTimesteps}");
        if (BetaSchedule is not ("linear" or "scaled_linear" or "squaredcos_cap_v2" or "sigmoid"))
            yield return new("beta_schedule", $"must be 'linear', 'scaled_linear', 'squaredcos_cap_v2' or 'sigmoid', is '{BetaSchedule}'");
        if (!(BetaStart > 0 && BetaStart < 1))
            yield return new("beta_start", $"must be more than 0 and less than 1, is {BetaStart}");
        if (!(BetaEnd >= BetaStart && BetaEnd < 1))
            yield return new("beta_end", $"must be at least beta_start and less than 1, is {BetaEnd}");
        if (PredictionType is not ("epsilon" or "v_prediction" or "sample"))
            yield return new("prediction_type", $"must be 'epsilon', 'v_prediction' or 'sample', is '{PredictionType}'");
        if (VarianceType is not (LearnedRange or "fixed_small" or "fixed_small_log" or "fixed_large" or "fixed_large_log"))
            yield return new("variance_type", $"must be 'fixed_small', 'fixed_small_log', 'fixed_large', 'fixed_large_log' or '{LearnedRange}', is '{VarianceType}'");
    }

    private static IEnumerable<FieldViolation> UnsupportedKeys(JsonObject keys)
    {
        if (keys["trained_betas"] is not null)
            yield return new("trained_betas", "must be null: the schedule is given by beta_schedule");
        if (keys["rescale_betas_zero_snr"] is { } rescale && rescale.ToJsonString() != "false")
            yield return new("rescale_betas_zero_snr", "must be false: rescaled schedules are not supported");
    }
}
