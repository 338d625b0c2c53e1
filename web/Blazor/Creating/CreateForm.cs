using System.Globalization;
using Ddpm.Protocol;
using Ddpm.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Primitives;

namespace Ddpm.Web.Creating;

/// <summary>
/// What the Create page's form holds: built from what the cluster offers, read from a link, turned into a <see cref="JobSpec"/>, and
/// where the server's answer puts each field's violation. The server is the judge of every rule.
/// </summary>
/// <param name="rollSeed">Draws a seed.</param>
public sealed class CreateForm(Func<ulong> rollSeed)
{
    public const string DefaultVersion = "latest";
    private const string FirstVersion = "candidate";
    private const int DefaultCount = 16;
    private const string SpecPrefix = "spec.";

    private readonly Dictionary<string, string> _violations = [];
    private readonly SortedSet<int> _classes = [];

    public IReadOnlyList<Model> Models { get; private set; } = [];

    public IReadOnlyList<Sampler> Samplers { get; private set; } = [];

    public Model? Model { get; private set; }

    /// <summary>Version id or alias.</summary>
    public string Version { get; private set; } = DefaultVersion;

    public Sampler? Sampler { get; private set; }

    /// <summary>Options of <see cref="Sampler"/>, in its order.</summary>
    public IReadOnlyList<OptionInput> Options { get; private set; } = [];

    public int? Steps { get; set; }

    /// <summary>As typed; a whole number 0 … 2⁶⁴−1.</summary>
    public string Seed { get; set; } = "";

    public int? Count { get; set; } = DefaultCount;

    /// <summary>Guidance scale; 1 is none.</summary>
    public double? Guidance { get; set; } = 1;

    /// <summary>The lowest timestep that is guided; null: 0.</summary>
    public double? GuidedFrom { get; set; }

    /// <summary>The highest timestep that is guided; null: the schedule's highest.</summary>
    public double? GuidedTo { get; set; }

    /// <summary>The highest timestep of the chosen weights.</summary>
    public int HighestTimestep => (Weights?.Schedule?.Timesteps ?? 1000) - 1;

    /// <summary>Where the images begin.</summary>
    public StartInput Start { get; } = new();

    /// <summary>Class labels chosen, ascending; empty is unconditional.</summary>
    public IReadOnlyCollection<int> Classes => _classes;

    /// <summary>Every violation with its field as the form calls it.</summary>
    public IReadOnlyList<(string Field, string Rule)> Violations => [.. _violations.Select(v => (TitleOf(v.Key), v.Value))];

    public bool HasViolations => _violations.Count > 0;

    /// <summary>The weights chosen; null when the model has no such version.</summary>
    public ModelVersion? Weights => Model is null ? null : Resolve(Model, Version);

    public IReadOnlyList<string> ClassNames => Weights?.ClassLabels ?? (IReadOnlyList<string>)[];

    public bool IsClassConditional => ClassNames.Count > 0;

    public bool HasAllClasses => IsClassConditional && _classes.Count == ClassNames.Count;

    /// <summary>Whether the network also paints without a class: it needs a null class.</summary>
    public bool CanBeUnconditional => Weights?.SupportsGuidance == true;

    /// <summary>Whether a guidance scale means anything now: it needs a class and a network that knows a null class.</summary>
    public bool CanGuide => Weights?.SupportsGuidance == true && _classes.Count > 0;

    /// <summary>Takes what the cluster offers and starts from the model whose <c>latest</c> is the newest, and the first sampler.</summary>
    public void Offer(IReadOnlyList<Model> models, IReadOnlyList<Sampler> samplers)
    {
        (Models, Samplers) = (models, samplers);
        if (Seed.Length == 0)
            RollSeed();
        ChooseModel(models.FirstOrDefault(model => model.Name == Model?.Name) ?? models.MaxBy(LatestPublished));
        ChooseSampler(samplers.FirstOrDefault(sampler => sampler.Name == Sampler?.Name) ?? samplers.FirstOrDefault());
    }

    /// <summary>When what <c>latest</c> names was published.</summary>
    internal static DateTimeOffset LatestPublished(Model model) =>
        model.Versions.FirstOrDefault(version => version.Version == model.Aliases.GetValueOrDefault(DefaultVersion))?.CreatedAt.ToDateTimeOffset() ?? DateTimeOffset.MinValue;

    /// <summary>
    /// Chooses a model at its newest version; the classes chosen are all of its classes. A model without <c>latest</c>, whose first run has
    /// not ended, is at its candidate.
    /// </summary>
    public void ChooseModel(Model? model)
    {
        Model = model;
        ChooseVersion(model is null || model.Aliases.ContainsKey(DefaultVersion) ? DefaultVersion
            : model.Aliases.ContainsKey(FirstVersion) ? FirstVersion
            : model.Versions.FirstOrDefault()?.Version ?? DefaultVersion);
        ChooseAllClasses();
    }

    public void ChooseVersion(string version)
    {
        Version = version;
        _classes.RemoveWhere(label => label >= ClassNames.Count);
    }

    /// <summary>Chooses a sampler with its own default steps and options.</summary>
    public void ChooseSampler(Sampler? sampler)
    {
        Sampler = sampler;
        Steps = sampler?.DefaultSteps;
        Options = sampler is null ? [] : [.. sampler.Options.Select(option => new OptionInput(option))];
    }

    public void ToggleClass(int label)
    {
        if (!_classes.Remove(label))
            _classes.Add(label);
    }

    public void ChooseAllClasses()
    {
        _classes.Clear();
        _classes.UnionWith(Enumerable.Range(0, ClassNames.Count));
    }

    public void ChooseUnconditional() => _classes.Clear();

    public void RollSeed() => Seed = rollSeed().ToString(CultureInfo.InvariantCulture);

    /// <summary>Takes settings from a link as <see cref="CreateLink"/> makes them; what does not fit is left as it is.</summary>
    public void Read(IReadOnlyDictionary<string, StringValues> query)
    {
        if (Text(CreateLink.Model) is { } name && Models.FirstOrDefault(model => model.Name == name) is { } model)
            ChooseModel(model);
        if (Text(CreateLink.Version) is { } version && Model is not null && Resolve(Model, version) is not null)
            ChooseVersion(version);
        if (Text(CreateLink.Sampler) is { } samplerName && Samplers.FirstOrDefault(sampler => sampler.Name == samplerName) is { } chosen)
            ChooseSampler(chosen);
        if (Whole(CreateLink.Steps) is { } steps)
            Steps = steps;
        if (Text(CreateLink.Seed) is { } seed)
            Seed = seed;
        if (Whole(CreateLink.Count) is { } count)
            Count = count;
        if (Text(CreateLink.Model) == Model?.Name || query.ContainsKey(CreateLink.Classes))
            ReadClasses(Text(CreateLink.Classes) ?? "");
        if (double.TryParse(Text(CreateLink.Guidance), NumberStyles.Float, CultureInfo.InvariantCulture, out var guidance) && double.IsFinite(guidance))
            Guidance = guidance;
        if (Text(CreateLink.GuidanceAt)?.Split("..") is [var from, var to])
            (GuidedFrom, GuidedTo) = (Real(from), Real(to));
        Start.Read(query);
        foreach (var option in Options)
        {
            if (Text(CreateLink.OptionPrefix + option.Definition.Name) is { } value)
                option.Read(value);
        }

        string? Text(string key) => query.TryGetValue(key, out var values) && !StringValues.IsNullOrEmpty(values) ? values[0] : null;

        static double? Real(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

        int? Whole(string key) => int.TryParse(Text(key), NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    /// <summary>The job that the form describes; null when a field cannot be written as the contract wants it (see <see cref="ViolationOf"/>).</summary>
    public JobSpec? Build()
    {
        _violations.Clear();
        if (!ulong.TryParse(Seed.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var seed))
            _violations["seed"] = $"must be a whole number from 0 to {ulong.MaxValue.ToString(CultureInfo.InvariantCulture)}";
        if (Steps is null)
            _violations["steps"] = "must be a whole number";
        if (Count is null)
            _violations["count"] = "must be a whole number";
        if (HasViolations)
            return null;

        var spec = new JobSpec
        {
            Model = Model?.Name ?? "",
            Version = Version,
            Sampler = Sampler?.Name ?? "",
            SamplerOptions = new Struct(),
            Steps = Steps!.Value,
            Seed = seed,
            Count = Count!.Value,
            Classes = new ClassSelection { Labels = { _classes } },
        };
        foreach (var option in Options)
        {
            if (option.ToValue() is { } value)
                spec.SamplerOptions.Fields.Add(option.Definition.Name, value);
        }
        if (CanGuide && Guidance is { } guidance and not 1)
        {
            spec.GuidanceScale = (float)guidance;
            if (GuidedFrom is not null || GuidedTo is not null)
                spec.GuidanceInterval = new GuidanceInterval { LowestTimestep = GuidedFrom ?? 0, HighestTimestep = GuidedTo ?? HighestTimestep };
        }
        Start.Write(spec, Weights?.SampleShape ?? [], (field, rule) => _violations[field] = rule);
        return HasViolations ? null : spec;
    }

    /// <summary>Takes the violations of a refused job.</summary>
    /// <returns>Whether the failure named any field.</returns>
    public bool TakeViolations(RpcException refusal)
    {
        _violations.Clear();
        foreach (var (field, rule) in refusal.FieldViolations())
            _violations.TryAdd(field.StartsWith(SpecPrefix, StringComparison.Ordinal) ? field[SpecPrefix.Length..] : field, rule);
        return HasViolations;
    }

    /// <summary>The rule that a field breaks; null when it breaks none.</summary>
    /// <param name="field">As in <see cref="JobSpec"/>: <c>steps</c>, <c>sampler_options.eta</c>, …</param>
    public string? ViolationOf(string field) =>
        _violations.FirstOrDefault(violation => Covers(field, violation.Key)).Value;

    /// <summary>Field name of a sampler option in violations.</summary>
    public static string OptionField(string option) => $"sampler_options.{option}";

    /// <summary>The version that an id or alias means; null when the model has none such.</summary>
    public static ModelVersion? Resolve(Model model, string versionOrAlias)
    {
        var id = model.Aliases.TryGetValue(versionOrAlias, out var aliased) ? aliased : versionOrAlias;
        return model.Versions.FirstOrDefault(version => version.Version == id);
    }

    private void ReadClasses(string labels)
    {
        if (labels == CreateLink.AllClasses)
        {
            ChooseAllClasses();
            return;
        }
        _classes.Clear();
        foreach (var part in labels.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            if (int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var label) && label < ClassNames.Count)
                _classes.Add(label);
        }
    }

    private string TitleOf(string field) => field switch
    {
        "model" => "Model",
        "version" => "Version",
        "sampler" => "Sampler",
        "steps" => "Steps",
        "seed" => "Seed",
        "count" => "Images",
        "guidance_scale" => "Guidance",
        _ when Covers("guidance_interval", field) => "Guided timesteps",
        "between_seeds" => "The other seed",
        _ when Covers("classes", field) => "Classes",
        _ when Start is { WantsPicture: true, Field: { } picture } && Covers(picture, field) => "The picture",
        _ => Options.FirstOrDefault(option => Covers(OptionField(option.Definition.Name), field))?.Definition.Title ?? field,
    };

    // classes covers classes.labels and classes.labels[2], but sampler does not cover sampler_options.
    private static bool Covers(string field, string violated) =>
        violated.StartsWith(field, StringComparison.Ordinal)
        && (violated.Length == field.Length || violated[field.Length] is '.' or '[');
}
