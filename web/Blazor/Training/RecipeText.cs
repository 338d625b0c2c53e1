using System.Text;
using System.Text.Json;

namespace Ddpm.Web.Training;

/// <summary>
/// Reads and replaces single values of a recipe's text. All else in it, comments and layout included, stays as it was typed, so that a form
/// and a person can write the same text.
/// </summary>
public static class RecipeText
{
    private static readonly JsonReaderOptions Json = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>Whether the text is one JSON object; where it is not, the exception says why.</summary>
    public static JsonException? Check(string text)
    {
        try
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text), Json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return new JsonException("must be a JSON object");
            while (reader.Read())
            {
            }
            return null;
        }
        catch (JsonException e)
        {
            return e;
        }
    }

    /// <summary>The value at a path as it is written: <c>"linear"</c>, <c>2e-4</c>, <c>[32, 64]</c>; null where there is none.</summary>
    /// <param name="text">The recipe.</param>
    /// <param name="path">Names from the outermost on, with dots between them: <c>training.steps</c>.</param>
    /// <exception cref="JsonException">The text is not JSON.</exception>
    public static string? Read(string text, string path)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        return Find(utf8, path.Split('.')) is { Value: { } value } ? Encoding.UTF8.GetString(utf8[value]) : null;
    }

    /// <summary>The text with another value at a path, or without one.</summary>
    /// <param name="text">The recipe.</param>
    /// <param name="path">As in <see cref="Read"/>; objects on the way that are not there are made.</param>
    /// <param name="value">JSON; null takes the value out.</param>
    /// <exception cref="JsonException">The text is not JSON, or something on the way is no object.</exception>
    public static string Write(string text, string path, string? value)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        var names = path.Split('.');
        var place = Find(utf8, names);
        return (place.Value, value) switch
        {
            ({ } old, not null) => Replaced(utf8, old, value),
            ({ }, null) => Replaced(utf8, place.Member, ""),
            (null, null) => text,
            (null, not null) => Replaced(utf8, place.Member, Member(utf8, place, names[place.Depth..], value)),
        };
    }

    /// <summary>A new member after the last one of its object, on a line of its own where that one has one.</summary>
    private static string Member(byte[] utf8, Place place, string[] names, string value)
    {
        var member = $"{Quoted(names[^1])}: {value}";
        foreach (var name in names[..^1].Reverse())
            member = $"{Quoted(name)}: {{ {member} }}";
        return place.LastName is not { } last ? $" {member} " : $",{Encoding.UTF8.GetString(SpaceBefore(utf8, last))}{member}";
    }

    private static ReadOnlySpan<byte> SpaceBefore(ReadOnlySpan<byte> utf8, int end)
    {
        var start = end;
        while (start > 0 && utf8[start - 1] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
            start--;
        return utf8[start..end];
    }

    private static string Quoted(string name) => JsonSerializer.Serialize(name);

    private static string Replaced(byte[] utf8, Range range, string by) =>
        Encoding.UTF8.GetString(utf8.AsSpan(..range.Start.Value)) + by + Encoding.UTF8.GetString(utf8.AsSpan(range.End.Value..));

    private static Place Find(byte[] utf8, string[] names)
    {
        var reader = new Utf8JsonReader(utf8, Json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("must be a JSON object");
        for (var depth = 0; ; depth++)
        {
            var (end, lastName) = ((int)reader.BytesConsumed, (int?)null);
            while (true)
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.EndObject)
                    return new Place(depth, null, end..end, lastName);
                var (isWanted, name) = (reader.ValueTextEquals(names[depth]), (int)reader.TokenStartIndex);
                reader.Read();
                if (isWanted)
                {
                    if (depth == names.Length - 1)
                        return Found(ref reader, depth, end, name, lastName is null);
                    if (reader.TokenType != JsonTokenType.StartObject)
                        throw new JsonException($"'{names[depth]}' must be an object");
                    break;
                }
                reader.Skip();
                (end, lastName) = ((int)reader.BytesConsumed, name);
            }
        }
    }

    /// <summary>A member goes with the comma before it; the first of its object with the one after it.</summary>
    private static Place Found(ref Utf8JsonReader reader, int depth, int endBefore, int name, bool isFirst)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        var end = (int)reader.BytesConsumed;
        if (!isFirst)
            return new Place(depth, start..end, endBefore..end, null);
        reader.Read();
        return new Place(depth, start..end, reader.TokenType == JsonTokenType.EndObject ? endBefore..end : name..(int)reader.TokenStartIndex, null);
    }

    /// <summary>Where a value is, or would be.</summary>
    /// <param name="Depth">How many names of the path lead to objects that are there.</param>
    /// <param name="Value">The value, in bytes; null where there is none.</param>
    /// <param name="Member">What goes with it when it is taken out; where there is none, the empty range at which it would be written.</param>
    /// <param name="LastName">Where the name of the last member before begins; null: it would be the first.</param>
    private readonly record struct Place(int Depth, Range? Value, Range Member, int? LastName);
}
