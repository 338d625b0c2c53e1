using k8s.Models;

namespace Ddpm.Helm.Tests;

/// <summary>Whether labels are selected.</summary>
internal static class Selectors
{
    public static bool Selects(this IDictionary<string, string>? selector, IDictionary<string, string>? labels) =>
        (selector ?? new Dictionary<string, string>()).All(pair => labels is not null && labels.TryGetValue(pair.Key, out var value) && value == pair.Value);

    public static bool Selects(this V1LabelSelector selector, IDictionary<string, string>? labels)
    {
        selector.MatchExpressions.ShouldBeNull("the chart selects by labels alone, and this reading knows no expressions");
        return selector.MatchLabels.Selects(labels);
    }
}
