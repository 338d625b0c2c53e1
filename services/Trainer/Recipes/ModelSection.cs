using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;
using Ddpm.Networks;

namespace Ddpm.Trainer.Recipes;

/// <summary>What a run publishes.</summary>
public sealed partial record ModelSection
{
    /// <summary>Name in the model store, 1 … 63 of a-z, 0-9 and '-'.</summary>
    public required string Name { get; init; }

    /// <summary>Names of the classes by label; empty: they have none.</summary>
    public IReadOnlyList<string> ClassNames { get; init; } = [];

    /// <summary>
    /// The version whose weights are trained further, <c>MODEL</c>, <c>MODEL@ALIAS</c> or <c>MODEL@VERSION</c>; without one of the two,
    /// <c>latest</c>. An alias means the version that it names when the run is submitted. Default: none; the weights are drawn.
    /// </summary>
    public string? Parent { get; init; }

    /// <summary>
    /// Whether <c>stable</c> moves to what the run publishes: <c>validation_loss</c>, unless its loss on the images kept apart is worse than that of
    /// the present <c>stable</c> by more than chance; <c>none</c>, never. Default: <c>validation_loss</c>.
    /// </summary>
    [AllowedValues("validation_loss", "none")]
    public string Gate { get; init; } = "validation_loss";

    internal IEnumerable<FieldViolation> Validate()
    {
        foreach (var violation in Choices.Violations(this, "model"))
            yield return violation;
        if (Parent is not null && !ParentName().IsMatch(Parent))
            yield return new("model.parent", $"must be MODEL, MODEL@ALIAS or MODEL@VERSION, is '{Parent}'");
        if (!ModelName().IsMatch(Name))
            yield return new("model.name", $"must be 1 … 63 of a-z, 0-9 and '-', beginning with a letter or digit, is '{Name}'");
        foreach (var (label, name) in ClassNames.Index())
            if (string.IsNullOrWhiteSpace(name) || name.Length > 100)
                yield return new($"model.class_names[{label}]", "must have 1 … 100 characters");
    }

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{0,62}\z")]
    private static partial Regex ModelName();

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{0,62}(@[a-z0-9][a-z0-9-]{0,63})?\z")]
    private static partial Regex ParentName();
}
