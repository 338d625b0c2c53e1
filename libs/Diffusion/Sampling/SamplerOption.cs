namespace Ddpm.Diffusion;

/// <summary>An option of a sampler, as a client may set it.</summary>
/// <param name="Name">snake_case.</param>
/// <param name="Title">For people.</param>
/// <param name="Help">What it does, in plain words.</param>
public abstract record SamplerOption(string Name, string Title, string Help)
{
    /// <summary>Taken when the option is not set: a <see cref="double"/>, <see cref="string"/> or <see cref="bool"/>.</summary>
    public abstract object Default { get; }

    /// <summary>The rule that <paramref name="value"/> breaks, or null.</summary>
    internal abstract string? BrokenRule(object? value);
}

/// <summary>An option that is a number (<see cref="double"/>).</summary>
/// <param name="Name"><inheritdoc cref="SamplerOption" path="/param[@name='Name']"/></param>
/// <param name="Title"><inheritdoc cref="SamplerOption" path="/param[@name='Title']"/></param>
/// <param name="Help"><inheritdoc cref="SamplerOption" path="/param[@name='Help']"/></param>
/// <param name="DefaultValue">Within the range.</param>
/// <param name="Minimum">Least value allowed.</param>
/// <param name="Maximum">Greatest value allowed.</param>
/// <param name="Step">Step of a slider; values between are allowed.</param>
public sealed record NumberSamplerOption(string Name, string Title, string Help, double DefaultValue, double Minimum, double Maximum, double Step)
    : SamplerOption(Name, Title, Help)
{
    /// <inheritdoc/>
    public override object Default => DefaultValue;

    internal override string? BrokenRule(object? value) =>
        value is double number && number >= Minimum && number <= Maximum
            ? null
            : FormattableString.Invariant($"must be a number from {Minimum} to {Maximum}");
}

/// <summary>An option that is one of several words (<see cref="string"/>).</summary>
/// <param name="Name"><inheritdoc cref="SamplerOption" path="/param[@name='Name']"/></param>
/// <param name="Title"><inheritdoc cref="SamplerOption" path="/param[@name='Title']"/></param>
/// <param name="Help"><inheritdoc cref="SamplerOption" path="/param[@name='Help']"/></param>
/// <param name="DefaultValue">One of the choices' values.</param>
/// <param name="Choices">At least two.</param>
public sealed record ChoiceSamplerOption(string Name, string Title, string Help, string DefaultValue, IReadOnlyList<SamplerChoice> Choices)
    : SamplerOption(Name, Title, Help)
{
    /// <inheritdoc/>
    public override object Default => DefaultValue;

    internal override string? BrokenRule(object? value) =>
        value is string word && Choices.Any(choice => choice.Value == word)
            ? null
            : $"must be one of {string.Join(", ", Choices.Select(choice => choice.Value))}";
}

/// <summary>A word that a <see cref="ChoiceSamplerOption"/> can be.</summary>
/// <param name="Value">snake_case.</param>
/// <param name="Title">For people.</param>
/// <param name="NeedsVariance">Whether it takes a network that predicts its variance (<see cref="Sampler{T}.NeedsVariance"/>).</param>
public sealed record SamplerChoice(string Value, string Title, bool NeedsVariance = false);

/// <summary>An option that is on or off (<see cref="bool"/>).</summary>
/// <param name="Name"><inheritdoc cref="SamplerOption" path="/param[@name='Name']"/></param>
/// <param name="Title"><inheritdoc cref="SamplerOption" path="/param[@name='Title']"/></param>
/// <param name="Help"><inheritdoc cref="SamplerOption" path="/param[@name='Help']"/></param>
/// <param name="DefaultValue">Whether it is on when not set.</param>
public sealed record FlagSamplerOption(string Name, string Title, string Help, bool DefaultValue) : SamplerOption(Name, Title, Help)
{
    /// <inheritdoc/>
    public override object Default => DefaultValue;

    internal override string? BrokenRule(object? value) => value is bool ? null : "must be true or false";
}
