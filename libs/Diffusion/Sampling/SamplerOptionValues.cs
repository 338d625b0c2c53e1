using System.Collections.Immutable;

namespace Ddpm.Diffusion;

/// <summary>A value for each option of a sampler, all within their rules. Made by <see cref="SamplerDefinition.Resolve"/>.</summary>
public sealed class SamplerOptionValues
{
    internal SamplerOptionValues(ImmutableSortedDictionary<string, object> values) => All = values;

    /// <summary>All options by name: <see cref="double"/>, <see cref="string"/> or <see cref="bool"/> each.</summary>
    public ImmutableSortedDictionary<string, object> All { get; }

    internal double Number(string name) => (double)All[name];

    internal string Choice(string name) => (string)All[name];

    internal bool Flag(string name) => (bool)All[name];
}
