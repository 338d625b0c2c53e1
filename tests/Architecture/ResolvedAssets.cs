using System.Text.Json;

namespace Ddpm.Architecture.Tests;

/// <summary>What restore resolved for a project, transitive references included (<c>obj/project.assets.json</c>).</summary>
internal static class ResolvedAssets
{
    /// <summary>Names of the packages and projects that bring something to run or to compile against; analyzers bring neither.</summary>
    public static IReadOnlyList<string> Libraries(Project project)
    {
        var file = Path.Combine(Repository.Resolve(project.Folder), "obj", "project.assets.json");
        using var assets = JsonDocument.Parse(File.ReadAllBytes(file));
        return
        [
            .. assets.RootElement.GetProperty("targets").EnumerateObject()
                .SelectMany(target => target.Value.EnumerateObject())
                .Where(library => BringsCode(library.Value))
                .Select(library => library.Name[..library.Name.IndexOf('/')])
                .Distinct(StringComparer.Ordinal),
        ];
    }

    private static bool BringsCode(JsonElement library) =>
        library.TryGetProperty("runtime", out _) || library.TryGetProperty("compile", out _)
        || library.TryGetProperty("runtimeTargets", out _) || library.TryGetProperty("native", out _);
}
