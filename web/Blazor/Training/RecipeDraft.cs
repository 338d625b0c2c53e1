using System.Globalization;
using System.Text;
using System.Text.Json;
using Ddpm.Protocol;
using Grpc.Core;

namespace Ddpm.Web.Training;

/// <summary>
/// A recipe that is being written: its text is the one truth, which the form's fields read and write value by value. The server is the judge
/// of every rule; here only what cannot be sent is refused.
/// </summary>
public sealed class RecipeDraft
{
    private readonly Dictionary<string, string> _violations = [];

    /// <summary>The recipe as it would be sent.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Why the text is no JSON object; null when it is one. Until then the fields cannot write.</summary>
    public string? SyntaxError { get; private set; }

    public bool HasViolations => _violations.Count > 0;

    /// <summary>Every violation with its field as the form calls it.</summary>
    public IReadOnlyList<(string Field, string Rule)> Violations => [.. _violations.Select(v => (TitleOf(v.Key), v.Value))];

    /// <summary>Whether a rule is broken that no field of the form shows.</summary>
    public bool HasViolationsElsewhere => _violations.Keys.Any(violated => RecipeField.All.All(known => !Covers(known.Path, violated)));

    /// <summary>Whether the network knows a null class, without which there is nothing to drop classes for.</summary>
    public bool HasNullClass => Number("network.null_class_embed") is not null;

    /// <summary>Takes a text as it was typed or suggested; violations of an earlier one are gone.</summary>
    public void Take(string text)
    {
        Text = text;
        SyntaxError = RecipeText.Check(text) is { } error ? Describe(error) : null;
        _violations.Clear();
    }

    /// <summary>The value of a field as the form shows it; null where the recipe leaves it to its default, and while the text is no JSON.</summary>
    public string? Read(RecipeField field) => Plain(Literal(field.Path));

    /// <summary>Writes a field's value into the text; empty leaves it to its default.</summary>
    public void Write(RecipeField field, string? typed)
    {
        if (SyntaxError is not null)
            return;
        var value = typed?.Trim() is { Length: > 0 } text ? field.Kind == RecipeFieldKind.Text || !IsJson(text) ? Quoted(text) : text : null;
        try
        {
            Text = RecipeText.Write(Text, field.Path, value);
        }
        catch (JsonException)
        {
            // Its section is not an object; the text stays, and the server says what it must be.
        }
        _violations.Remove(field.Path);
    }

    /// <summary>The data set that the images come from; null where the recipe names none.</summary>
    public string? ReadSource() => Plain(Literal("data.source"));

    /// <summary>A number of the recipe; null where there is none.</summary>
    public double? Number(string path) =>
        double.TryParse(Literal(path), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>The numbers of a list in the recipe; empty where there is none.</summary>
    public IReadOnlyList<int> Numbers(string path)
    {
        try
        {
            return Literal(path) is { } literal ? JsonSerializer.Deserialize<List<int>>(literal) ?? [] : [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    /// <summary>Finds what cannot be sent.</summary>
    /// <returns>Whether nothing was found.</returns>
    public bool Check()
    {
        _violations.Clear();
        foreach (var field in RecipeField.All.Where(field => field.Kind == RecipeFieldKind.Number))
        {
            if (Literal(field.Path) is { } literal && Number(field.Path) is null)
                _violations[field.Path] = $"must be a number, is {literal}";
        }
        return SyntaxError is null && _violations.Count == 0;
    }

    /// <summary>Takes the violations of a refused recipe.</summary>
    /// <returns>Whether the failure named any field.</returns>
    public bool TakeViolations(RpcException refusal)
    {
        _violations.Clear();
        foreach (var (field, rule) in refusal.FieldViolations())
            _violations.TryAdd(field, rule);
        return HasViolations;
    }

    /// <summary>The rule that a field breaks; null when it breaks none.</summary>
    public string? ViolationOf(RecipeField field) => _violations.FirstOrDefault(violation => Covers(field.Path, violation.Key)).Value;

    private static string TitleOf(string violated) => RecipeField.All.FirstOrDefault(field => Covers(field.Path, violated))?.Title ?? violated;

    private static bool Covers(string field, string violated) =>
        violated.StartsWith(field, StringComparison.Ordinal) && (violated.Length == field.Length || violated[field.Length] is '.' or '[');

    private static string Describe(JsonException error)
    {
        var message = error.Message.Split(" LineNumber:", 2)[0].Split(" Path:", 2)[0];
        return error.LineNumber is { } line ? string.Create(CultureInfo.InvariantCulture, $"Line {line + 1}: {message}") : $"It {message}.";
    }

    private static string Quoted(string text) => JsonSerializer.Serialize(text);

    private static bool IsJson(string text)
    {
        try
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text));
            return reader.Read() && reader.TokenType is JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False && !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string? Plain(string? literal) => literal is ['"', ..] ? JsonSerializer.Deserialize<string>(literal) : literal;

    private string? Literal(string path)
    {
        if (SyntaxError is not null || Text.Length == 0)
            return null;
        try
        {
            return RecipeText.Read(Text, path) is { } literal and not "null" ? literal : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
