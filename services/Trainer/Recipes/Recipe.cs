using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Ddpm.Imaging;
using Ddpm.Networks;

namespace Ddpm.Trainer.Recipes;

/// <summary>Everything that decides what a training run does, as a JSON file. The same recipe on the same processor gives the same weights.</summary>
public sealed record Recipe
{
    /// <summary>A recipe may say where its schema lies.</summary>
    internal const string SchemaField = "$schema";

    internal static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
    };

    private static readonly JsonDocumentOptions JsonDocument = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>What is published.</summary>
    public required ModelSection Model { get; init; }

    /// <summary>The network: the keys of config.json.</summary>
    [JsonIgnore]
    public UNetConfig Network { get; private init; } = new();

    /// <summary>The noise and what is predicted: the keys of scheduler_config.json.</summary>
    public SchedulerConfig Schedule { get; init; } = new();

    /// <summary>The images.</summary>
    public required DataSection Data { get; init; }

    /// <summary>The optimisation.</summary>
    public required TrainingSection Training { get; init; }

    /// <summary>What is shown meanwhile.</summary>
    public SamplesSection Samples { get; init; } = new();

    /// <summary>The shape that every image is brought to.</summary>
    [JsonIgnore]
    public ImageShape ImageShape => new(Network.InChannels, Network.SampleSize!.Value.Height, Network.SampleSize.Value.Width);

    /// <summary>Parses and checks a recipe.</summary>
    /// <exception cref="InvalidConfigException">It breaks rules; each is named with its field, such as <c>training.batch_size</c>.</exception>
    public static Recipe Parse(string json)
    {
        var violations = new List<FieldViolation>();
        try
        {
            var root = JsonNode.Parse(json, documentOptions: JsonDocument) as JsonObject ?? throw new JsonException("must be a JSON object");
            root.Remove(SchemaField);
            var network = TakeNetwork(root, violations);
            violations.AddRange(UnknownFields(root, typeof(Recipe), ""));
            if (violations.Count == 0)
            {
                var recipe = root.Deserialize<Recipe>(Json)! with { Network = network! };
                violations.AddRange(recipe.Validate());
                if (violations.Count == 0)
                    return recipe;
            }
        }
        catch (JsonException e)
        {
            violations.Add(new(e.Path?.TrimStart('$', '.') is { Length: > 0 } field ? field : "$", $"cannot be read: {e.Message}"));
        }
        throw new InvalidConfigException("recipe", violations);
    }

    private static UNetConfig? TakeNetwork(JsonObject root, List<FieldViolation> violations)
    {
        if (!root.Remove("network", out var network) || network is not JsonObject)
        {
            violations.Add(new("network", "must be given: the keys of the network's config.json"));
            return null;
        }
        try
        {
            return UNetConfig.Parse(network.ToJsonString());
        }
        catch (InvalidConfigException e)
        {
            violations.AddRange(e.Violations.Select(violation => violation with { Field = $"network.{violation.Field}" }));
            return null;
        }
    }

    private static IEnumerable<FieldViolation> UnknownFields(JsonObject node, Type type, string path)
    {
        // Those that JSON ignores have neither a getter nor a setter there.
        var properties = Json.GetTypeInfo(type).Properties.Where(property => property.Get is not null || property.Set is not null).ToDictionary(property => property.Name, property => property.PropertyType);
        foreach (var (name, value) in node)
        {
            if (!properties.TryGetValue(name, out var propertyType))
                yield return new($"{path}{name}", $"is not a field; the fields here are {string.Join(", ", properties.Keys.Order())}");
            else if (value is JsonObject inner)
            {
                foreach (var violation in UnknownFields(inner, propertyType, $"{path}{name}."))
                    yield return violation;
            }
        }
    }

    private IEnumerable<FieldViolation> Validate() =>
        [.. Model.Validate(), .. Schedule.Validate().Select(violation => violation with { Field = $"schedule.{violation.Field}" }), .. Data.Validate(), .. Training.Validate(), .. Samples.Validate(Schedule.NumTrainTimesteps, Network.NullClassEmbed is not null), .. Classes()];

    private IEnumerable<FieldViolation> Classes()
    {
        if (Training.LossWeighting == "score_matching" && Schedule.PredictionType != "epsilon")
            yield return new("training.loss_weighting", $"must not be 'score_matching' where the network predicts {Schedule.PredictionType}: it is the loss of ε");
        if (Network.SampleSize is null)
            yield return new("network.sample_size", "must be given: the size of the images to train on");
        if (Network.InChannels is not (1 or 3))
            yield return new("network.in_channels", $"must be 1 (grey) or 3 (RGB), is {Network.InChannels}");
        if (Network.OutChannels != Schedule.OutChannels(Network.InChannels))
        {
            yield return new("network.out_channels", Schedule.LearnsVariance
                ? $"must be twice in_channels, {2 * Network.InChannels}, as the network learns its variance too; is {Network.OutChannels}"
                : $"must be as many as in_channels, {Network.InChannels}; is {Network.OutChannels}");
        }
        if (Schedule.LearnsVariance && Schedule.PredictionType != "epsilon")
            yield return new("schedule.variance_type", $"must not be '{SchedulerConfig.LearnedRange}' where the network predicts {Schedule.PredictionType}: its loss is beside that of ε");
        if (Training.ClassDropout > 0 && Network.NullClassEmbed is null)
            yield return new("training.class_dropout", "must be 0, as network.null_class_embed is not given");
        if (Network.NullClassEmbed is { } nullClass && nullClass != Network.NumClassEmbeds - 1)
            yield return new("network.null_class_embed", $"must be the last row of the class embedding, {Network.NumClassEmbeds - 1}; is {nullClass}");
        var classes = (Network.NumClassEmbeds ?? 0) - (Network.NullClassEmbed is null ? 0 : 1);
        if (Model.ClassNames.Count > 0 && Model.ClassNames.Count != classes)
            yield return new("model.class_names", $"must be empty or name the {classes} classes of the network, has {Model.ClassNames.Count}");
    }
}
