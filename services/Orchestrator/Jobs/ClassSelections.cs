using Ddpm.V1;

namespace Ddpm.Orchestrator.Jobs;

/// <summary>Which class comes when.</summary>
internal static class ClassSelections
{
    /// <summary>The label of the k-th of what takes classes in turn; null: unconditional.</summary>
    public static int? LabelOf(this ClassSelection? selection, int k) => selection is { Labels: { Count: > 0 } labels } ? labels[k % labels.Count] : null;
}
