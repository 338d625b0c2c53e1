using System.Globalization;
using Ddpm.Cli.Models;
using Ddpm.V1;

namespace Ddpm.Cli.Generate;

/// <summary>Turns the user's classes, names or indices, into labels.</summary>
internal static class ClassChoice
{
    private const string All = "all";

    /// <exception cref="CommandException">The model has no such class.</exception>
    public static async Task<ClassSelection> ResolveAsync(CommandRun run, string model, string version, IReadOnlyList<string> classes)
    {
        if (classes.Count == 0)
            return new ClassSelection();
        var found = await VersionLookup.FindAsync(run, model, version);
        if (found.ClassLabels.Count == 0)
            throw new CommandException(ExitCodes.Usage, $"--class: model '{model}' has no classes.");
        return new ClassSelection { Labels = { classes.SelectMany(text => LabelsOf(text, found.ClassLabels)) } };
    }

    private static IEnumerable<int> LabelsOf(string text, IList<string> names)
    {
        if (text.Equals(All, StringComparison.OrdinalIgnoreCase))
            return Enumerable.Range(0, names.Count);
        for (var label = 0; label < names.Count; label++)
        {
            if (names[label].Equals(text, StringComparison.OrdinalIgnoreCase))
                return [label];
        }
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < names.Count
            ? [index]
            : throw new CommandException(ExitCodes.Usage,
                $"--class: there is no class '{text}'. There are: all, {string.Join(", ", names.Select((name, label) => $"{label} or '{name}'"))}.");
    }
}
