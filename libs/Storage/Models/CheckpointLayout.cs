using System.Text.Json;
using Ddpm.Safetensors;

namespace Ddpm.Storage.Models;

/// <summary>
/// A checkpoint folder in Hugging Face's layout, flat as google/ddpm-*: which files belong to it, and what they say of the network.
/// Extensions of ours, which diffusers ignores: <c>null_class_embed</c> in config.json (row of the class embedding that stands for
/// no class) and <c>id2label</c> in model_index.json (names of the classes).
/// </summary>
internal static class CheckpointLayout
{
    public const string Config = "config.json";
    public const string Weights = "diffusion_pytorch_model.safetensors";
    public const string Scheduler = "scheduler_config.json";
    public const string Index = "model_index.json";
    public const string Card = "README.md";
    public const string Recipe = "recipe.json";
    public const string Training = "training.json";

    private const long MaximumJsonBytes = 1 << 20;

    /// <summary>Names of the files of a folder that a version takes, in ordinal order.</summary>
    /// <exception cref="InvalidModelException">A needed file is missing, or there is a pickle.</exception>
    public static IReadOnlyList<string> Files(string folder)
    {
        if (!Directory.Exists(folder))
            throw new InvalidModelException($"{folder} is not a folder.");
        if (Directory.EnumerateFiles(folder).Select(path => Path.GetFileName(path)).FirstOrDefault(PickleFile.IsName) is { } pickle)
            throw new InvalidModelException(VersionFiles.PickleRule(pickle));
        foreach (var needed in new[] { Config, Weights })
        {
            if (!File.Exists(Path.Combine(folder, needed)))
                throw new InvalidModelException($"{folder} has no {needed}.");
        }
        return [.. VersionFiles.Names.Where(name => File.Exists(Path.Combine(folder, name)))];
    }

    /// <exception cref="InvalidModelException">A file says what cannot be served.</exception>
    public static ModelDescription Describe(string folder)
    {
        try
        {
            using var config = ReadJson(folder, Config) ?? throw new InvalidModelException($"{folder} has no {Config}.");
            using var scheduler = ReadJson(folder, Scheduler);
            using var index = ReadJson(folder, Index);
            var classes = OptionalInt(config.RootElement, "num_class_embeds");
            var nullClass = OptionalInt(config.RootElement, "null_class_embed");
            return new ModelDescription(
                SampleShape(config.RootElement),
                Target(scheduler),
                BetaSchedule(scheduler),
                Timesteps: OptionalInt(scheduler?.RootElement, "num_train_timesteps") ?? 1000,
                BetaStart: OptionalDouble(scheduler?.RootElement, "beta_start") ?? 1e-4,
                BetaEnd: OptionalDouble(scheduler?.RootElement, "beta_end") ?? 0.02,
                ClassLabels(classes, nullClass, index),
                SupportsGuidance: nullClass is not null,
                PredictsVariance: OptionalString(scheduler, "variance_type") == "learned_range",
                ParameterCount(folder));
        }
        catch (Exception e) when (e is JsonException or SafetensorsException or InvalidOperationException or FormatException)
        {
            throw new InvalidModelException($"{folder} is not a checkpoint: {e.Message}", e);
        }
    }

    private static JsonDocument? ReadJson(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        if (!File.Exists(path))
            return null;
        if (new FileInfo(path).Length > MaximumJsonBytes)
            throw new InvalidModelException($"{name} is larger than {MaximumJsonBytes} bytes.");
        using var stream = File.OpenRead(path);
        return JsonDocument.Parse(stream);
    }

    private static int[] SampleShape(JsonElement config)
    {
        var channels = OptionalInt(config, "in_channels") ?? throw new InvalidModelException($"{Config}: in_channels must be set.");
        if (!config.TryGetProperty("sample_size", out var size))
            throw new InvalidModelException($"{Config}: sample_size must be set.");
        var (height, width) = size.ValueKind == JsonValueKind.Array
            ? (size[0].GetInt32(), size[1].GetInt32())
            : (size.GetInt32(), size.GetInt32());
        if (channels is < 1 or > 64 || height is < 1 or > 4096 || width is < 1 or > 4096)
            throw new InvalidModelException($"{Config}: in_channels must be 1 to 64 and sample_size 1 to 4096, but is [{channels}, {height}, {width}].");
        return [channels, height, width];
    }

    private static PredictionTarget Target(JsonDocument? scheduler) => OptionalString(scheduler, "prediction_type") switch
    {
        null or "epsilon" => PredictionTarget.Epsilon,
        "v_prediction" => PredictionTarget.V,
        "sample" => PredictionTarget.Sample,
        var other => throw new InvalidModelException($"{Scheduler}: prediction_type is '{other}' but must be epsilon, v_prediction or sample."),
    };

    private static BetaScheduleName BetaSchedule(JsonDocument? scheduler) => OptionalString(scheduler, "beta_schedule") switch
    {
        null or "linear" => BetaScheduleName.Linear,
        "scaled_linear" => BetaScheduleName.ScaledLinear,
        "squaredcos_cap_v2" => BetaScheduleName.Cosine,
        "sigmoid" => BetaScheduleName.Sigmoid,
        var other => throw new InvalidModelException(
            $"{Scheduler}: beta_schedule is '{other}' but must be linear, scaled_linear, squaredcos_cap_v2 or sigmoid."),
    };

    private static IReadOnlyList<string> ClassLabels(int? classEmbeddings, int? nullClass, JsonDocument? index)
    {
        if (classEmbeddings is not { } rows)
            return [];
        var labels = nullClass is null ? rows : rows - 1;
        if (labels is < 1 or > 100_000 || (nullClass is { } row && row != labels))
            throw new InvalidModelException($"{Config}: null_class_embed must be the last of num_class_embeds ({rows}) rows, is {nullClass}.");
        var names = index is not null && index.RootElement.TryGetProperty("id2label", out var map) ? map : default;
        return [.. Enumerable.Range(0, labels).Select(label =>
            names.ValueKind == JsonValueKind.Object && names.TryGetProperty(label.ToString(), out var name)
                ? name.GetString() ?? label.ToString()
                : label.ToString())];
    }

    private static long ParameterCount(string folder)
    {
        using var weights = SafetensorsFile.Open(Path.Combine(folder, Weights));
        return weights.Entries.Values.Sum(entry => entry.Shape.Aggregate(1L, (product, extent) => product * extent));
    }

    private static JsonElement? Optional(JsonElement? element, string name) =>
        element is { } e && e.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static int? OptionalInt(JsonElement? element, string name) => Optional(element, name)?.GetInt32();

    private static double? OptionalDouble(JsonElement? element, string name) => Optional(element, name)?.GetDouble();

    private static string? OptionalString(JsonDocument? document, string name) => Optional(document?.RootElement, name)?.GetString();
}
