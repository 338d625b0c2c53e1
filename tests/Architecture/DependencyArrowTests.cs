namespace Ddpm.Architecture.Tests;

/// <summary>Dependencies point one way. A new arrow is a decision: it is written down in docs/decisions before it is allowed here.</summary>
public sealed class DependencyArrowTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Ddpm.Diffusion"] = [],
        ["Ddpm.Safetensors"] = [],
        ["Ddpm.Imaging"] = [],
        ["Ddpm.Protocol"] = [],
        ["Ddpm.Networks"] = ["Ddpm.Safetensors"],
        ["Ddpm.Storage"] = ["Ddpm.Safetensors"],
        ["Ddpm.Hosting"] = [],
        ["Ddpm.Denoiser"] = ["Ddpm.Diffusion", "Ddpm.Networks", "Ddpm.Protocol", "Ddpm.Storage", "Ddpm.Hosting"],
        ["Ddpm.Orchestrator"] = ["Ddpm.Diffusion", "Ddpm.Imaging", "Ddpm.Protocol", "Ddpm.Storage", "Ddpm.Hosting"],
        ["Ddpm.Trainer"] = ["Ddpm.Diffusion", "Ddpm.Imaging", "Ddpm.Networks", "Ddpm.Protocol", "Ddpm.Storage", "Ddpm.Hosting"],
        ["Ddpm.Web"] = ["Ddpm.Diffusion", "Ddpm.Imaging", "Ddpm.Protocol", "Ddpm.Hosting"],
        ["Ddpm.Standalone"] = ["Ddpm.Denoiser", "Ddpm.Orchestrator", "Ddpm.Trainer", "Ddpm.Web"],
        ["Ddpm.Cli"] = ["Ddpm.Imaging", "Ddpm.Protocol", "Ddpm.Standalone"],
    };

    public static TheoryData<string> Products =>
        [.. ProjectGraph.Instance.Projects.Where(project => !project.IsTestOrBenchmark).Select(project => project.Name)];

    [Theory]
    [MemberData(nameof(Products))]
    public void References_OfEveryProduct_AreAllowedArrows(string name)
    {
        Allowed.ShouldContainKey(name, "every project says here what it may depend on");

        ProjectGraph.Instance[name].References.Except(Allowed[name]).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Products))]
    public void References_OfEveryProduct_ReachNoTestOrBenchmark(string name) =>
        ProjectGraph.Instance.Closure(name).Where(reached => ProjectGraph.Instance[reached].IsTestOrBenchmark).ShouldBeEmpty();

    [Fact]
    public void References_OfAllProjects_HaveNoCycle() =>
        ProjectGraph.Instance.Projects.Where(project => ProjectGraph.Instance.Closure(project.Name).Contains(project.Name)).ShouldBeEmpty();

    [Theory]
    [InlineData("Ddpm.Diffusion")]
    [InlineData("Ddpm.Safetensors")]
    public void Libraries_OfPureLibrary_AreTheBaseLibraryAlone(string name) =>
        ResolvedAssets.Libraries(ProjectGraph.Instance[name]).ShouldBeEmpty();

    [Theory]
    [InlineData("Ddpm.Orchestrator")]
    [InlineData("Ddpm.Storage")]
    [InlineData("Ddpm.Protocol")]
    [InlineData("Ddpm.Hosting")]
    [InlineData("Ddpm.Web")]
    public void Libraries_OfWhatRunsWithoutTorch_HoldNoTorch(string name)
    {
        var libraries = ResolvedAssets.Libraries(ProjectGraph.Instance[name]);

        libraries.ShouldNotBeEmpty();
        libraries.ShouldNotContain("Ddpm.Networks");
        libraries.Where(library => library.Contains("torch", StringComparison.OrdinalIgnoreCase)).ShouldBeEmpty();
    }

    [Fact]
    public void Libraries_OfNetworks_HoldTorch() =>
        ResolvedAssets.Libraries(ProjectGraph.Instance["Ddpm.Networks"]).ShouldContain("TorchSharp", "otherwise the test above sees nothing");
}
