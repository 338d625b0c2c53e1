namespace Ddpm.Diffusion;

/// <summary>The option by which clients choose the <see cref="NoiseLevels"/> of a solver.</summary>
internal static class LevelsOption
{
    private const string Karras = "karras";

    private static readonly ChoiceSamplerOption Spacing = (ChoiceSamplerOption)SpacingOption.Option;

    public static SamplerOption Option { get; } = Spacing with
    {
        Help = "Which noise levels the steps visit. Karras puts more of them where there is little noise.",
        Choices = [.. Spacing.Choices, new SamplerChoice(Karras, "Karras: evenly in σ^(1/7)")],
    };

    /// <summary>Those of a solver over σ, which may lie between timesteps.</summary>
    public static NoiseLevels Read(NoiseSchedule schedule, int steps, SamplerOptionValues values) =>
        values.Choice(SpacingOption.Name) == Karras
            ? NoiseLevels.Karras(schedule, steps)
            : NoiseLevels.Of(schedule, TimestepSelection.SelectFractional(SpacingOption.Read(values), schedule.Timesteps, steps));

    /// <summary>Those of a multistep solver, which goes to the clean image from above the lowest timestep.</summary>
    public static NoiseLevels ReadAboveLowest(NoiseSchedule schedule, int steps, SamplerOptionValues values) =>
        values.Choice(SpacingOption.Name) == Karras
            ? NoiseLevels.Karras(schedule, steps)
            : NoiseLevels.Of(schedule, [.. TimestepSelection.SelectAboveLowest(SpacingOption.Read(values), schedule.Timesteps, steps).Select(t => (double)t)]);
}
