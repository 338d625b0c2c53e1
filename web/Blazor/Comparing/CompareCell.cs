using Ddpm.V1;

namespace Ddpm.Web.Comparing;

/// <summary>One image of a comparison.</summary>
/// <param name="sampler">What makes it.</param>
/// <param name="spec">Its job.</param>
public sealed class CompareCell(Sampler sampler, JobSpec spec)
{
    public Sampler Sampler { get; } = sampler;

    public JobSpec Spec { get; } = spec;

    /// <summary>The job as last heard of; null until it is accepted.</summary>
    public Job? Job { get; set; }

    /// <summary>Why there is no image; null while there may be one.</summary>
    public string? Error { get; set; }

    /// <summary>Its elements, −1 … 1, in 8 bits; null until it is there.</summary>
    public float[]? Image { get; set; }

    /// <summary>Whether nothing more comes.</summary>
    public bool IsDone => Image is not null || Error is not null;

    /// <summary>Root mean square distance to another image; null until both are there.</summary>
    public double? DistanceTo(CompareCell reference) => Image is { } image && reference.Image is { } other
        ? Math.Sqrt(image.Zip(other, (a, b) => ((double)a - b) * ((double)a - b)).Average())
        : null;
}
