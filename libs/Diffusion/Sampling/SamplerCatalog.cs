namespace Ddpm.Diffusion;

/// <summary>The samplers there are. A new one is a folder beside those here: its <see cref="SamplerDefinition"/> is found by itself.</summary>
public static class SamplerCatalog
{
    /// <summary>In the order in which they are offered.</summary>
    public static IReadOnlyList<SamplerDefinition> All { get; } =
    [
        .. typeof(SamplerCatalog).Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(SamplerDefinition)) && !type.IsAbstract)
            .Select(type => (SamplerDefinition)Activator.CreateInstance(type)!)
            .OrderBy(definition => definition.Place),
    ];

    /// <summary>The sampler of that name, or null.</summary>
    public static SamplerDefinition? Find(string name) => All.FirstOrDefault(definition => definition.Name == name);
}
