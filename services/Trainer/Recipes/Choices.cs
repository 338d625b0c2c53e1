using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using Ddpm.Networks;

namespace Ddpm.Trainer.Recipes;

/// <summary>Fields of a recipe that take one of a few words: the attribute says which, to the check and to the schema.</summary>
internal static class Choices
{
    /// <summary>The fields of a section whose value is none of their words.</summary>
    /// <param name="section">The section.</param>
    /// <param name="name">Its name in the recipe.</param>
    public static IEnumerable<FieldViolation> Violations(object section, string name) =>
        from property in section.GetType().GetProperties()
        let allowed = property.GetCustomAttribute<AllowedValuesAttribute>()
        where allowed is not null && !allowed.IsValid(property.GetValue(section))
        let words = allowed.Values.Select(word => $"'{word}'").ToList()
        select new FieldViolation(
            $"{name}.{JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name)}",
            $"must be {string.Join(", ", words.SkipLast(1))} or {words[^1]}, is '{property.GetValue(section)}'");
}
