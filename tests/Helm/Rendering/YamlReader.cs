using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Ddpm.Helm.Tests;

/// <summary>
/// Reads YAML as JSON, so that types are what was written: <c>1</c> is a number, <c>"1"</c> is not. Scalars that YAML 1.1, which Kubernetes reads, and YAML
/// 1.2 take for different things are refused: they belong in quotation marks.
/// </summary>
internal static partial class YamlReader
{
    public static IEnumerable<JsonObject> ReadAll(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return [.. stream.Documents.Select(document => Read(document.RootNode)).OfType<JsonObject>()];
    }

    private static JsonNode? Read(YamlNode node) => node switch
    {
        YamlMappingNode mapping => new JsonObject(mapping.Children.Select(child => KeyValuePair.Create(((YamlScalarNode)child.Key).Value!, Read(child.Value)))),
        YamlSequenceNode sequence => new JsonArray([.. sequence.Children.Select(Read)]),
        YamlScalarNode { Style: ScalarStyle.Plain } plain => ReadPlain(plain),
        YamlScalarNode quoted => JsonValue.Create(quoted.Value),
        _ => throw new FormatException($"{node.Start}: {node.GetType().Name} is not of JSON."),
    };

    private static JsonNode? ReadPlain(YamlScalarNode node)
    {
        var text = node.Value!;
        if (Ambiguous().IsMatch(text))
            throw new FormatException($"{node.Start}: '{text}' without quotation marks is read differently by YAML 1.1 and 1.2.");
        if (text is "" or "~" or "null")
            return null;
        if (text is "true" or "false")
            return JsonValue.Create(text == "true");
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer))
            return JsonValue.Create(integer);
        return Number().IsMatch(text) ? JsonValue.Create(double.Parse(text, CultureInfo.InvariantCulture)) : JsonValue.Create(text);
    }

    // Booleans by other names; octal, hexadecimal, sexagesimal and grouped numbers.
    [GeneratedRegex(@"^(y|Y|n|N|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF|True|TRUE|False|FALSE|Null|NULL|[-+]?0[0-9]+|0[xob][0-9a-fA-F]+|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+|[-+]?[0-9]+(_[0-9]+)+)$")]
    private static partial Regex Ambiguous();

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")]
    private static partial Regex Number();
}
