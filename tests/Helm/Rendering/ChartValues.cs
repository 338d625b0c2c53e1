using System.Text.Json.Nodes;

namespace Ddpm.Helm.Tests;

/// <summary>The values of a set: the chart's own, with the set's over them, as helm merges them.</summary>
internal sealed class ChartValues
{
    private readonly JsonObject _values;

    private ChartValues(JsonObject values) => _values = values;

    public static ChartValues Of(string set)
    {
        var values = Read(Path.Combine(HelmCommand.Chart, "values.yaml"));
        foreach (var file in ValueSets.Arguments(set).Skip(1))
            Merge(values, Read(file));
        return new ChartValues(values);
    }

    public JsonNode? this[string path] => path.Split('.').Aggregate((JsonNode?)_values, (node, name) => node?[name]);

    /// <summary>Secrets and keys in them that somebody else makes, as <c>secret/key</c>.</summary>
    public IEnumerable<string> ExternalSecrets =>
    [
        $"{this["database.existingSecret"]}/{this["database.key"]}",
        $"{this["redis.existingSecret"]}/{this["redis.key"]}",
        $"{this["storage.s3.existingSecret"]}/{this["storage.s3.accessKeyKey"]}",
        $"{this["storage.s3.existingSecret"]}/{this["storage.s3.secretKeyKey"]}",
        .. this["apiKeys.keys"]!.AsArray().Select(key => $"{this["apiKeys.existingSecret"]}/{key}"),
    ];

    /// <summary>Claims that somebody else makes.</summary>
    public IEnumerable<string> ExternalClaims =>
        new[] { "jobs", "models", "runs" }.Select(volume => (string)this[$"storage.{volume}.existingClaim"]!).Where(claim => claim.Length > 0);

    private static JsonObject Read(string file) => YamlReader.ReadAll(File.ReadAllText(file)).Single();

    private static void Merge(JsonObject values, JsonObject over)
    {
        foreach (var (name, value) in over)
        {
            if (values[name] is JsonObject inner && value is JsonObject innerOver)
                Merge(inner, innerOver);
            else
                values[name] = value?.DeepClone();
        }
    }
}
