namespace Ddpm.Architecture.Tests;

public sealed class SolutionTests
{
    [Fact]
    public void Solution_HoldsEveryProject()
    {
        var solution = File.ReadAllText(Repository.Resolve("Ddpm.sln"));

        ProjectGraph.Instance.Projects.Where(project => !solution.Contains($"\\{project.Name}.csproj", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public void ProtoFiles_LieWhereTheirPackageSays()
    {
        var root = Repository.Resolve("protos");
        var files = Directory.GetFiles(root, "*.proto", SearchOption.AllDirectories);

        files.ShouldNotBeEmpty();
        foreach (var file in files)
        {
            var folder = Path.GetRelativePath(root, Path.GetDirectoryName(file)!).Replace('\\', '/');
            File.ReadLines(file).ShouldContain($"package {folder.Replace('/', '.')};", $"in {file}");
        }
    }
}
