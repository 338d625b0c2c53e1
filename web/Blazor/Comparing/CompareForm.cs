using System.Globalization;
using Ddpm.V1;
using Ddpm.Web.Creating;
using Ddpm.Web.Registry;
using Google.Protobuf.WellKnownTypes;

namespace Ddpm.Web.Comparing;

/// <summary>What is compared: one noise, one class of one model, through several samplers at several numbers of steps.</summary>
public sealed class CompareForm
{
    private const string Clip = "clip_denoised";

    /// <summary>Those that differ most, and that most people know.</summary>
    private static readonly string[] FirstChoice = ["ddim", "ddpm", "dpm-solver++-2m", "unipc", "heun", "vp-sde"];

    private readonly HashSet<string> _chosen = [];

    /// <summary>The numbers of steps of each sampler.</summary>
    public static IReadOnlyList<int> StepCounts { get; } = [5, 10, 20, 50];

    public IReadOnlyList<Model> Models { get; private set; } = [];

    public IReadOnlyList<Sampler> Samplers { get; private set; } = [];

    public Model? Model { get; private set; }

    /// <summary>The class; null for none.</summary>
    public int? Label { get; set; }

    /// <summary>As typed; a whole number 0 … 2⁶⁴−1.</summary>
    public string Seed { get; set; } = "7";

    /// <summary>The rule that the seed breaks; null when it breaks none.</summary>
    public string? SeedViolation => TrySeed(out _) ? null : $"must be a whole number from 0 to {ulong.MaxValue.ToString(CultureInfo.InvariantCulture)}";

    public ModelVersion? Weights => Model is null ? null : Model.Foremost();

    public bool CanBeUnconditional => Weights is { } weights && (weights.ClassLabels.Count == 0 || weights.SupportsGuidance);

    public IEnumerable<Sampler> Chosen => Samplers.Where(sampler => _chosen.Contains(sampler.Name));

    public void Offer(IReadOnlyList<Model> models, IReadOnlyList<Sampler> samplers)
    {
        (Models, Samplers) = (models, samplers);
        if (_chosen.Count == 0)
            _chosen.UnionWith(FirstChoice);
        Choose(models.FirstOrDefault(model => model.Name == Model?.Name) ?? models.MaxBy(CreateForm.LatestPublished));
    }

    public void Choose(Model? model)
    {
        if (model?.Name == Model?.Name)
            return;
        Model = model;
        Label = Weights is { ClassLabels.Count: > 0 } ? 0 : null;
    }

    public bool IsChosen(Sampler sampler) => _chosen.Contains(sampler.Name);

    public void Toggle(Sampler sampler)
    {
        if (!_chosen.Remove(sampler.Name))
            _chosen.Add(sampler.Name);
    }

    /// <summary>One job: the same noise through a sampler that is not held within the range of images, so that all that solve the same equation can meet.</summary>
    /// <param name="sampler">Its sampler.</param>
    /// <param name="steps">Its steps.</param>
    /// <param name="options">Its own options; the others take their defaults.</param>
    public JobSpec Build(Sampler sampler, int steps, params (string Name, Value Value)[] options)
    {
        TrySeed(out var seed);
        var spec = new JobSpec
        {
            Model = Model!.Name,
            Version = Weights!.Version,
            Sampler = sampler.Name,
            SamplerOptions = new Struct(),
            Steps = steps,
            Seed = seed,
            Count = 1,
            Classes = new ClassSelection { Labels = { Label is { } label ? [label] : [] } },
        };
        foreach (var (name, value) in options.Append((Clip, Value.ForBool(false))).Where(option => sampler.Options.Any(known => known.Name == option.Item1)))
            spec.SamplerOptions.Fields[name] = value;
        return spec;
    }

    private bool TrySeed(out ulong seed) => ulong.TryParse(Seed.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out seed);
}
