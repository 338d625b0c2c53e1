using System.Xml.Linq;

namespace Ddpm.Architecture.Tests;

/// <summary>The projects of the tree and the references between them, as their project files say.</summary>
internal sealed class ProjectGraph
{
    private static readonly string[] Areas = ["libs", "services", "web", "cli", "tests", "bench"];

    private readonly Dictionary<string, Project> _projects;

    private ProjectGraph(Dictionary<string, Project> projects) => _projects = projects;

    public static ProjectGraph Instance { get; } = Read();

    public IReadOnlyCollection<Project> Projects => _projects.Values;

    public Project this[string name] => _projects[name];

    /// <summary>Every project that can be reached over references, the start left out.</summary>
    public IReadOnlySet<string> Closure(string name)
    {
        var reached = new HashSet<string>();
        var waiting = new Stack<string>(_projects[name].References);
        while (waiting.TryPop(out var next))
        {
            if (!reached.Add(next))
                continue;
            foreach (var reference in _projects[next].References)
                waiting.Push(reference);
        }
        return reached;
    }

    private static ProjectGraph Read()
    {
        var files = Areas.Select(Repository.Resolve).Where(Directory.Exists)
            .SelectMany(area => Directory.EnumerateFiles(area, "*.csproj", SearchOption.AllDirectories));
        return new ProjectGraph(files.Select(Project.Read).ToDictionary(project => project.Name));
    }
}

/// <param name="Name">File name without its extension.</param>
/// <param name="Folder">Relative to the root, with forward slashes.</param>
/// <param name="References">Names of the projects that it refers to directly.</param>
/// <param name="Packages">Names of the packages that it refers to directly.</param>
internal sealed record Project(string Name, string Folder, IReadOnlyList<string> References, IReadOnlyList<string> Packages)
{
    public bool IsTestOrBenchmark => Folder.StartsWith("tests/", StringComparison.Ordinal) || Folder.StartsWith("bench", StringComparison.Ordinal);

    public static Project Read(string file)
    {
        var document = XDocument.Load(file);
        IReadOnlyList<string> Includes(string element) =>
            [.. document.Descendants(element).Select(item => (string?)item.Attribute("Include")).OfType<string>()];
        return new Project(
            Path.GetFileNameWithoutExtension(file),
            Path.GetRelativePath(Repository.Root, Path.GetDirectoryName(file)!).Replace('\\', '/'),
            [.. Includes("ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path.Replace('\\', '/')))],
            Includes("PackageReference"));
    }
}
