using System.Collections.Immutable;
using System.Numerics;

namespace Ddpm.Diffusion;

/// <summary>What a sampler is called, what it is for, what can be set, and how it is made. See <see cref="SamplerCatalog"/>.</summary>
public abstract class SamplerDefinition
{
    /// <summary>Lower-case letters, digits and hyphens.</summary>
    public abstract string Name { get; }

    /// <summary>Where it stands among all, the lower first; the first is taken where none is named.</summary>
    public abstract int Place { get; }

    /// <summary>For people.</summary>
    public abstract string Title { get; }

    /// <summary>What it does, in plain words.</summary>
    public abstract string Summary { get; }

    /// <summary>Paper and equation.</summary>
    public abstract string Paper { get; }

    /// <summary>Steps when none are asked for; see <see cref="StepLimit"/>, which may be lower.</summary>
    public abstract int DefaultSteps { get; }

    /// <summary>The most steps it takes on any schedule.</summary>
    public virtual int MaxSteps => 4000;

    /// <summary>The options that clients may set.</summary>
    public abstract IReadOnlyList<SamplerOption> Options { get; }

    /// <summary>The most steps it takes on this schedule: as many as that has timesteps, unless the sampler goes between them.</summary>
    public virtual int StepLimit(NoiseSchedule schedule) => Math.Min(MaxSteps, schedule.Timesteps);

    /// <summary>Makes the sampler.</summary>
    /// <param name="schedule">The schedule that the network was trained on.</param>
    /// <param name="steps"><see cref="LeastSteps"/> … <see cref="StepLimit"/>.</param>
    /// <param name="options">From this definition's <see cref="Resolve"/>.</param>
    /// <exception cref="ArgumentException">Steps out of range.</exception>
    public abstract Sampler<T> Create<T>(NoiseSchedule schedule, int steps, SamplerOptionValues options)
        where T : struct, IFloatingPointIeee754<T>;

    /// <summary>The way back from an image to noise: DDIM's, over timesteps chosen as this sampler chooses its own, or trailing where it does not.</summary>
    /// <param name="schedule">The schedule that the network was trained on.</param>
    /// <param name="steps">1 … T.</param>
    /// <param name="options">From this definition's <see cref="Resolve"/>.</param>
    /// <exception cref="ArgumentException">Steps out of range.</exception>
    public DdimInversion<T> CreateInversion<T>(NoiseSchedule schedule, int steps, SamplerOptionValues options)
        where T : struct, IFloatingPointIeee754<T> => new(schedule, steps, SpacingOption.Find(options) ?? TimestepSpacing.Trailing);

    /// <summary>The fewest steps that it takes with these options.</summary>
    /// <param name="options">From this definition's <see cref="Resolve"/>.</param>
    public virtual int LeastSteps(SamplerOptionValues options) => 1;

    /// <summary>Checks a number of steps; null when it is right.</summary>
    /// <param name="schedule">The schedule that the network was trained on.</param>
    /// <param name="steps">What a client asks for.</param>
    /// <param name="options">From this definition's <see cref="Resolve"/>.</param>
    public SamplerViolation? CheckSteps(NoiseSchedule schedule, int steps, SamplerOptionValues options)
    {
        var (least, most) = (LeastSteps(options), StepLimit(schedule));
        return steps >= least && steps <= most ? null : new SamplerViolation("steps", $"must be within {least} … {most}, not {steps}");
    }

    /// <summary>Checks options for a network that does not predict its variance; null when they need none.</summary>
    /// <param name="options">From this definition's <see cref="Resolve"/>.</param>
    public SamplerViolation? CheckWithoutVariance(SamplerOptionValues options) => Options.OfType<ChoiceSamplerOption>()
        .Select(option => (option.Name, Chosen: option.Choices.Single(choice => choice.Value == options.Choice(option.Name))))
        .Where(option => option.Chosen.NeedsVariance)
        .Select(option => new SamplerViolation($"sampler_options.{option.Name}", $"must not be {option.Chosen.Value} where the network does not predict its variance"))
        .FirstOrDefault();

    /// <summary>Takes what a client has set, and the defaults for the rest.</summary>
    /// <param name="given">Values by option name: <see cref="double"/>, <see cref="string"/> or <see cref="bool"/>.</param>
    /// <param name="violations">Every value that breaks a rule and every name that is not an option; the default stands in for the former.</param>
    public SamplerOptionValues Resolve(IEnumerable<KeyValuePair<string, object?>> given, out IReadOnlyList<SamplerViolation> violations)
    {
        var values = Options.ToImmutableSortedDictionary(option => option.Name, option => option.Default, StringComparer.Ordinal);
        var found = new List<SamplerViolation>();
        foreach (var (name, value) in given)
        {
            var option = Options.FirstOrDefault(option => option.Name == name);
            var rule = option is null ? UnknownOption() : option.BrokenRule(value);
            if (rule is null)
                values = values.SetItem(name, value!);
            else
                found.Add(new SamplerViolation($"sampler_options.{name}", rule));
        }

        violations = found;
        return new SamplerOptionValues(values);
    }

    /// <summary>The defaults of all options.</summary>
    public SamplerOptionValues Defaults() => Resolve([], out _);

    private string UnknownOption() => $"is not an option of {Name}; it has {string.Join(", ", Options.Select(option => option.Name))}";
}
