namespace Ddpm.Diffusion;

/// <summary>The option by which clients choose a <see cref="TimestepSpacing"/>.</summary>
internal static class SpacingOption
{
    public const string Name = "spacing";

    private static readonly (string Value, string Title, TimestepSpacing Spacing)[] Choices =
    [
        ("trailing", "Even, from the highest noise level", TimestepSpacing.Trailing),
        ("leading", "Even, down to the lowest noise level", TimestepSpacing.Leading),
        ("linspace", "Even, both ends included", TimestepSpacing.Linspace),
        ("quadratic", "Quadratic: more steps at low noise", TimestepSpacing.Quadratic),
    ];

    public static SamplerOption Option { get; } = new ChoiceSamplerOption(
        Name,
        "Step selection",
        "Which of the model's noise levels the steps visit. Makes no difference when all of them are visited.",
        Choices[0].Value,
        [.. Choices.Select(choice => new SamplerChoice(choice.Value, choice.Title))]);

    public static TimestepSpacing Read(SamplerOptionValues values) => Choices.Single(choice => choice.Value == values.Choice(Name)).Spacing;

    /// <summary>The same, or null for a sampler that has no such option, or a choice that is not one of timesteps.</summary>
    public static TimestepSpacing? Find(SamplerOptionValues values) =>
        values.All.ContainsKey(Name) && Choices.Any(choice => choice.Value == values.Choice(Name)) ? Read(values) : null;
}
