using System.Collections.Immutable;

namespace Ddpm.Orchestrator.Denoising;

/// <summary>The Denoisers that are known at one moment. It never changes; another one takes its place.</summary>
/// <param name="endpoints">Those that take rows, one for each replica.</param>
/// <param name="unresolved">Names that stand for no replica that is known, each with the reason.</param>
internal sealed class DenoiserSet(ImmutableArray<DenoiserEndpoint> endpoints, ImmutableArray<string> unresolved)
{
    private readonly TaskCompletionSource _superseded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ImmutableArray<DenoiserEndpoint> Endpoints => endpoints;

    public ImmutableArray<string> Unresolved => unresolved;

    /// <summary>Ends when another set has taken this one's place.</summary>
    public Task Superseded => _superseded.Task;

    public void Supersede() => _superseded.SetResult();

    /// <summary>Whether no endpoint but such as failed lately is left.</summary>
    public bool AreAllLeftAlone => endpoints.All(endpoint => endpoint.IsLeftAlone);

    /// <summary>Of those that are not left alone, the one with least under way; among equals each in its turn. Null: there is none at all.</summary>
    /// <param name="turn">Grows by one from choice to choice.</param>
    public DenoiserEndpoint? Choose(uint turn)
    {
        if (endpoints.IsEmpty)
            return null;
        var first = (int)(turn % (uint)endpoints.Length);
        var best = endpoints[first];
        for (var i = 1; i < endpoints.Length; i++)
        {
            var other = endpoints[(first + i) % endpoints.Length];
            if ((other.IsLeftAlone, other.UnderWay).CompareTo((best.IsLeftAlone, best.UnderWay)) < 0)
                best = other;
        }
        return best;
    }

    /// <summary>As in a message: <c>The Denoiser at …</c>, or <c>None of the Denoisers at …</c>.</summary>
    public override string ToString()
    {
        var known = endpoints.Length == 1
            ? $"The Denoiser at {endpoints[0].Replica}"
            : $"None of the Denoisers at {string.Join(", ", endpoints.Select(endpoint => endpoint.Replica))}";
        return unresolved.IsEmpty ? known : $"{known} (and {string.Join("; ", unresolved)})";
    }
}
