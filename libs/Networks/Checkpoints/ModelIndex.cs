using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ddpm.Networks;

/// <summary>model_index.json of a diffusers pipeline, with the names of the classes under <c>id2label</c> as DiTPipeline has them.</summary>
/// <param name="ClassNames">Name of each class by its row of the class embedding; empty for an unconditional model.</param>
public sealed record ModelIndex(IReadOnlyDictionary<int, string> ClassNames)
{
    public const string FileName = "model_index.json";

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    public static ModelIndex Unconditional { get; } = new(new Dictionary<int, string>());

    /// <exception cref="InvalidConfigException">It breaks a rule.</exception>
    public static ModelIndex Read(string path)
    {
        try
        {
            var names = new SortedDictionary<int, string>();
            if (JsonNode.Parse(File.ReadAllText(path))?["id2label"] is not JsonObject labels)
                return Unconditional;
            foreach (var (id, label) in labels)
            {
                if (!int.TryParse(id, out var row) || row < 0 || label?.GetValueKind() != JsonValueKind.String)
                    throw new InvalidConfigException(path, [new FieldViolation($"id2label.{id}", "must map a class's number to its name")]);
                names[row] = label.GetValue<string>();
            }
            return new ModelIndex(names);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InvalidConfigException(path, [new FieldViolation("$", $"cannot be read: {e.Message}")]);
        }
    }

    public string ToJson()
    {
        var index = new JsonObject
        {
            ["_class_name"] = "DDPMPipeline",
            ["_diffusers_version"] = "0.31.0",
            ["scheduler"] = new JsonArray("diffusers", "DDPMScheduler"),
            ["unet"] = new JsonArray("diffusers", nameof(UNet2DModel)),
        };
        if (ClassNames.Count > 0)
            index["id2label"] = new JsonObject(ClassNames.OrderBy(pair => pair.Key).Select(pair => KeyValuePair.Create(pair.Key.ToString(), (JsonNode?)pair.Value)));
        return index.ToJsonString(Json) + "\n";
    }
}
