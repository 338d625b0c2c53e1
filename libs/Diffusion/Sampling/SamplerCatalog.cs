namespace Ddpm.Diffusion;

/// <summary>The samplers there are. A new one is a folder beside those here and a line in <see cref="All"/>.</summary>
public static class SamplerCatalog
{
    /// <summary>In the order in which they are offered.</summary>
    public static IReadOnlyList<SamplerDefinition> All { get; } =
    [
        new DdimDefinition(),
        new DpmSolver2MDefinition(),
        new DpmSolver2MSdeDefinition(),
        new DpmSolver3MDefinition(),
        new UniPcDefinition(),
        new HeunDefinition(),
        new EulerDefinition(),
        new EulerAncestralDefinition(),
        new PndmDefinition(),
        new DdpmDefinition(),
        new VpSdeDefinition(),
        new PfOdeDefinition(),
    ];

    /// <summary>The sampler of that name, or null.</summary>
    public static SamplerDefinition? Find(string name) => All.FirstOrDefault(definition => definition.Name == name);
}
