using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Ddpm.Networks;

namespace Ddpm.Trainer.Recipes;

/// <summary>The JSON schema of recipes (draft 2020-12), from the types that read them; its descriptions are their documentation.</summary>
internal static partial class RecipeSchema
{
    private static readonly JsonSchemaExporterOptions Options = new() { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Describe };

    private static readonly Lazy<IReadOnlyDictionary<string, string>> Summaries = new(ReadSummaries);

    private static readonly Lazy<string> Text = new(Write);

    public static string Json => Text.Value;

    private static string Write()
    {
        var schema = Recipe.Json.GetJsonSchemaAsNode(typeof(Recipe), Options).AsObject();
        var properties = schema["properties"]!.AsObject();
        var network = UNetConfig.Json.GetJsonSchemaAsNode(typeof(UNetConfig), Options).AsObject();
        network["description"] = "The network: the keys of diffusers' UNet2DModel config.json.";
        network["required"] = new JsonArray("sample_size");
        // Its converter, which the exporter cannot look into, takes either.
        var sampleSize = network["properties"]!["sample_size"]!.AsObject();
        sampleSize.Remove("type");
        sampleSize.Remove("properties");
        sampleSize.Remove("additionalProperties");
        sampleSize["anyOf"] = JsonNode.Parse(
            """[{ "type": "integer", "minimum": 1 }, { "type": "array", "items": { "type": "integer", "minimum": 1 }, "minItems": 2, "maxItems": 2 }]""");
        properties.Insert(1, "network", network);
        schema["required"]!.AsArray().Add("network");
        properties.Insert(0, Recipe.SchemaField, new JsonObject { ["type"] = "string", ["description"] = "Where this schema lies; ignored." });
        schema.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.Insert(1, "title", "Recipe of a training run");
        return schema.ToJsonString(new JsonSerializerOptions { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) + "\n";
    }

    private static JsonNode Describe(JsonSchemaExporterContext context, JsonNode node)
    {
        if (node is not JsonObject schema)
            return node;
        // A value that is written as a whole object must not have other fields.
        if (schema["properties"] is not null)
            schema["additionalProperties"] = false;
        if (context.PropertyInfo?.AttributeProvider is not MemberInfo property)
            return schema;
        if (property.GetCustomAttribute<AllowedValuesAttribute>() is { } allowed)
            schema["enum"] = new JsonArray([.. allowed.Values.Select(value => (JsonNode?)value?.ToString())]);
        if (Summaries.Value.TryGetValue($"P:{property.DeclaringType!.FullName}.{property.Name}", out var summary))
            schema.Insert(0, "description", summary);
        return schema;
    }

    /// <summary>Of each property; the compiler writes the documentation beside each assembly.</summary>
    private static Dictionary<string, string> ReadSummaries() =>
        new[] { typeof(Recipe).Assembly, typeof(UNetConfig).Assembly }
            .Select(assembly => Path.Combine(AppContext.BaseDirectory, $"{assembly.GetName().Name}.xml"))
            .Where(File.Exists)
            .SelectMany(path => XDocument.Load(path).Descendants("member"))
            .Where(member => member.Attribute("name")!.Value.StartsWith("P:", StringComparison.Ordinal) && member.Element("summary") is not null)
            .ToDictionary(member => member.Attribute("name")!.Value, member => Plain(member.Element("summary")!));

    private static string Plain(XElement summary)
    {
        var text = string.Concat(summary.Nodes().Select(node => node switch
        {
            XText plain => plain.Value,
            XElement { Name.LocalName: "see" } see => JsonNamingPolicy.SnakeCaseLower.ConvertName(see.Attribute("cref")?.Value.Split('.')[^1] ?? ""),
            XElement element => element.Value,
            _ => "",
        }));
        return Blanks().Replace(text, " ").Trim();
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
