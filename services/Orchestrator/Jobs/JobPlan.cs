using Ddpm.Diffusion;
using Ddpm.V1;

namespace Ddpm.Orchestrator.Jobs;

/// <summary>A job that can be run: its specification with everything resolved, and the sampler made from it.</summary>
/// <param name="Spec">The version resolved, every option filled in.</param>
/// <param name="SampleShape">[C, H, W].</param>
/// <param name="ClassNames">Name of each trajectory's class; empty when unconditional.</param>
/// <param name="Sampler">Rule that takes x_t to x_{t−Δ}; without state, shared by the trajectories.</param>
internal sealed record JobPlan(JobSpec Spec, int[] SampleShape, IReadOnlyList<string> ClassNames, Sampler<float> Sampler)
{
    public int Elements => SampleShape.Aggregate(1, (product, extent) => product * extent);

    public int? ClassOf(int trajectory) =>
        Spec.Classes is { Labels: { Count: > 0 } labels } ? labels[trajectory % labels.Count] : null;

    public float? Guidance => Spec.HasGuidanceScale && Spec.GuidanceScale != 1 ? Spec.GuidanceScale : null;
}
