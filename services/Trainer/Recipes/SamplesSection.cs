using Ddpm.Networks;

namespace Ddpm.Trainer.Recipes;

/// <summary>
/// What is shown of a network while it is trained: now and then it is published as <c>candidate</c>, measured on the images kept apart, and the
/// Orchestrator makes images with it.
/// </summary>
public sealed record SamplesSection
{
    private const int LeastDefaultInterval = 100;
    private const int DefaultIntervals = 10;
    private const int DefaultSamplerSteps = 50;

    /// <summary>Steps of training between two; 0: only at the end. Default: a tenth of the steps, but at least 100.</summary>
    public int? Every { get; init; }

    /// <summary>Images, 1 … 64; image k is of class k modulo classes. Default: 16.</summary>
    public int Count { get; init; } = 16;

    /// <summary>Steps of DDIM, 1 … T. Default: 50, or T where that is less.</summary>
    public int? Steps { get; init; }

    /// <summary>Scale of classifier-free guidance, 0 … 30. Default: 1, none.</summary>
    public double GuidanceScale { get; init; } = 1;

    /// <summary>Seed of the noise that the images begin with, always the same, so that they can be compared. Default: 0.</summary>
    public long Seed { get; init; }

    /// <summary>Whether candidates are due after so many steps; the last step's version is not one.</summary>
    internal bool AreDue(long step, int totalSteps)
    {
        var every = Every ?? Math.Max(LeastDefaultInterval, totalSteps / DefaultIntervals);
        return every > 0 && step > 0 && step % every == 0 && step < totalSteps;
    }

    internal int SamplerSteps(int trainTimesteps) => Steps ?? Math.Min(DefaultSamplerSteps, trainTimesteps);

    internal IEnumerable<FieldViolation> Validate(int trainTimesteps, bool knowsGuidance)
    {
        if (Every is < 0)
            yield return new("samples.every", $"must be at least 1, or 0 for none before the end, is {Every}");
        if (Count is < 1 or > 64)
            yield return new("samples.count", $"must be 1 … 64, is {Count}");
        if (Steps is { } steps && (steps < 1 || steps > trainTimesteps))
            yield return new("samples.steps", $"must be 1 … {trainTimesteps}, is {steps}");
        if (!(GuidanceScale >= 0 && GuidanceScale <= 30))
            yield return new("samples.guidance_scale", $"must be 0 … 30, is {GuidanceScale}");
        else if (GuidanceScale != 1 && !knowsGuidance)
            yield return new("samples.guidance_scale", $"must be 1, as network.null_class_embed is not given; is {GuidanceScale}");
        if (Seed < 0)
            yield return new("samples.seed", $"must be at least 0, is {Seed}");
    }
}
