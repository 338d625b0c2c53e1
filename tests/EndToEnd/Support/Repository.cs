namespace Ddpm.EndToEnd.Tests.Support;

/// <summary>The checked-out tree that the tests were built from, and the programs that were built with them.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>Debug or Release, as the tests themselves.</summary>
    private static string Configuration { get; } = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    public static string Resolve(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>The program of a project, where its build put it.</summary>
    /// <param name="folder">The project's folder, relative to the root.</param>
    /// <param name="assembly">The program's name.</param>
    public static string Program(string folder, string assembly)
    {
        var path = Resolve(folder, "bin", Configuration, new DirectoryInfo(AppContext.BaseDirectory).Name, $"{assembly}.dll");
        return File.Exists(path) ? path : throw new InvalidOperationException($"{path} is not there: build the solution first.");
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Ddpm.sln")))
                return folder.FullName;
        }
        throw new InvalidOperationException($"No Ddpm.sln in any folder above {AppContext.BaseDirectory}.");
    }
}
