using Ddpm.V1;

namespace Ddpm.Web.Registry;

public static class ModelExtensions
{
    /// <summary>The aliases that name a version, <c>latest</c> first.</summary>
    public static IEnumerable<string> AliasesOf(this Model model, string version) =>
        model.Aliases.Where(alias => alias.Value == version).Select(alias => alias.Key).InOrder();

    /// <summary>Aliases as people look for them: those with a meaning of their own first.</summary>
    public static IEnumerable<string> InOrder(this IEnumerable<string> aliases)
    {
        string[] known = ["latest", "stable", "candidate", "shipped"];
        return aliases.OrderBy(alias => Array.IndexOf(known, alias) is >= 0 and var place ? place : known.Length).ThenBy(alias => alias, StringComparer.Ordinal);
    }

    /// <summary>What an alias would name after a roll-back: what it named before its last move; null where that is not known or gone.</summary>
    public static string? Before(this Model model, string alias) => model.AliasMoves
        .Where(move => move.Alias == alias)
        .Select(move => move.Version)
        .Skip(1)
        .FirstOrDefault(version => version != model.Aliases.GetValueOrDefault(alias) && model.Versions.Any(one => one.Version == version));

    /// <summary>The version that stands for the model: <c>latest</c>, else the newest.</summary>
    public static ModelVersion? Foremost(this Model model) =>
        model.Versions.FirstOrDefault(version => version.Version == model.Aliases.GetValueOrDefault("latest")) ?? model.Versions.FirstOrDefault();
}
