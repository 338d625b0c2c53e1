using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Spectre.Console;

namespace Ddpm.Cli.Rendering;

/// <summary>Writes a command's result: text for people, or with <c>--json</c> one document for scripts.</summary>
/// <param name="surroundings">Where it goes.</param>
/// <param name="isJson">Whether a script reads it.</param>
internal sealed class Results(Surroundings surroundings, bool isJson)
{
    private static readonly JsonFormatter Messages = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));

    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes the JSON document, or else calls <paramref name="render"/>.</summary>
    public void Write(Func<JsonNode> document, Action<IAnsiConsole> render)
    {
        if (isJson)
            surroundings.Output.WriteLine(document().ToJsonString(Indented));
        else
            render(surroundings.OutputConsole());
    }

    /// <summary>A message of the contract in protobuf's canonical JSON mapping: lowerCamelCase names, 64-bit integers as strings.</summary>
    public static JsonNode ToJson(IMessage message) => JsonNode.Parse(Messages.Format(message))!;

    public static JsonArray ToJson(IEnumerable<IMessage> messages) => [.. messages.Select(ToJson)];
}
