namespace Ddpm.Networks;

/// <summary>A field and the rule that its value breaks, with the value.</summary>
public sealed record FieldViolation(string Field, string Rule)
{
    public override string ToString() => $"{Field} {Rule}";
}

/// <summary>A configuration file breaks rules; the message and <see cref="Violations"/> name each field and rule.</summary>
public sealed class InvalidConfigException(string file, IReadOnlyList<FieldViolation> violations)
    : Exception($"{file}: {string.Join("; ", violations)}")
{
    /// <summary>The file, as it was named when it was read.</summary>
    public string File { get; } = file;

    public IReadOnlyList<FieldViolation> Violations { get; } = violations;
}
