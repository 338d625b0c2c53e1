using Ddpm.Diffusion;
using Ddpm.Orchestrator.Editing;
using Ddpm.V1;

namespace Ddpm.Orchestrator.Jobs;

/// <summary>A job that can be run: its specification with everything resolved, and the sampler made from it.</summary>
/// <param name="Spec">The version resolved, every option filled in.</param>
/// <param name="SampleShape">[C, H, W].</param>
/// <param name="ClassNames">Name of each trajectory's class; empty when unconditional.</param>
/// <param name="Beginnings">Where and by which rule its trajectories begin.</param>
internal sealed record JobPlan(JobSpec Spec, int[] SampleShape, IReadOnlyList<string> ClassNames, Beginnings Beginnings)
{
    /// <summary>That of the first trajectory, which has the steps, timesteps and noise levels of all.</summary>
    public Sampler<float> Sampler { get; } = Beginnings.SamplerOf(0);

    public int? ClassOf(int trajectory) => Spec.Classes.LabelOf(trajectory);

    public float? Guidance => Spec.HasGuidanceScale && Spec.GuidanceScale != 1 ? Spec.GuidanceScale : null;

    /// <summary>The scale that the network is guided with at a timestep; null: none.</summary>
    public float? GuidanceAt(double timestep) =>
        Spec.GuidanceInterval is { } interval && !(timestep >= interval.LowestTimestep && timestep <= interval.HighestTimestep) ? null : Guidance;
}
