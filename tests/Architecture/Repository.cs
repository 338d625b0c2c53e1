namespace Ddpm.Architecture.Tests;

/// <summary>The checked-out tree that the tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string Resolve(string relativePath) => Path.Combine(Root, relativePath);

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
