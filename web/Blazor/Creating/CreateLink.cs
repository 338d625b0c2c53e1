using System.Globalization;
using Ddpm.V1;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.WebUtilities;

namespace Ddpm.Web.Creating;

/// <summary>The address of the Create page that shows given settings: what "run again with …" leads to, and what a reload comes back to.</summary>
public static class CreateLink
{
    public const string Model = "model";
    public const string Version = "version";
    public const string Sampler = "sampler";
    public const string Steps = "steps";
    public const string Seed = "seed";
    public const string Count = "count";
    public const string Classes = "classes";
    public const string Guidance = "guidance";
    public const string Job = "job";
    public const string Start = "start";
    public const string Strength = "strength";
    public const string OtherSeed = "to_seed";

    /// <summary>A job's image to begin at, its id and its number with a slash between.</summary>
    public const string From = "from";

    /// <summary>For <see cref="Start"/>: a picture with noise.</summary>
    public const string Noised = "noised";

    /// <summary>For <see cref="Start"/>: a picture's own noise.</summary>
    public const string Encoded = "encoded";

    /// <summary>For <see cref="Classes"/>: whatever classes the version has.</summary>
    public const string AllClasses = "all";

    /// <summary>Comes before a sampler option's name.</summary>
    public const string OptionPrefix = "option.";

    /// <summary>The address that fills the form with <paramref name="spec"/>.</summary>
    /// <param name="spec">The settings.</param>
    /// <param name="jobId">A job to show beside them; null for none.</param>
    public static string For(JobSpec spec, string? jobId = null)
    {
        var query = new List<KeyValuePair<string, string?>>
        {
            new(Model, spec.Model),
            new(Sampler, spec.Sampler),
            new(Steps, Invariant(spec.Steps)),
            new(Seed, Invariant(spec.Seed)),
            new(Count, Invariant(spec.Count)),
        };
        if (spec.Version.Length > 0)
            query.Add(new(Version, spec.Version));
        if (spec.Classes is { Labels.Count: > 0 } classes)
            query.Add(new(Classes, string.Join(',', classes.Labels.Select(label => Invariant(label)))));
        if (spec.HasGuidanceScale)
            query.Add(new(Guidance, Invariant(spec.GuidanceScale)));
        foreach (var (name, value) in spec.SamplerOptions?.Fields.OrderBy(field => field.Key, StringComparer.Ordinal) ?? Enumerable.Empty<KeyValuePair<string, Value>>())
            query.Add(new(OptionPrefix + name, Text(value)));
        if (spec.BetweenSeeds is { } between)
            query.Add(new(OtherSeed, Invariant(between.OtherSeed)));
        if (spec.NoisedImage is { } noised)
        {
            query.Add(new(Start, Noised));
            query.Add(new(Strength, Invariant(noised.Strength)));
        }
        if (spec.EncodedImages is not null)
            query.Add(new(Start, Encoded));
        if ((spec.NoisedImage?.Image ?? spec.EncodedImages?.Image)?.JobImage is { } image)
            query.Add(new(From, $"{image.JobId}/{Invariant(image.Trajectory)}"));
        if (jobId is not null)
            query.Add(new(Job, jobId));
        return QueryHelpers.AddQueryString("/", query);
    }

    /// <summary>The address that begins at a finished image of a job, with the job's settings.</summary>
    public static string BeginningAt(Job job, int trajectory)
    {
        var spec = job.Spec.Clone();
        spec.NoisedImage = new NoisedImage { Image = new InputImage { JobImage = new JobImage { JobId = job.Id, Trajectory = trajectory } }, Strength = StartInput.DefaultStrength };
        return For(spec);
    }

    /// <summary>The address that chooses a version with all of its classes and leaves the rest as it is.</summary>
    /// <param name="model">Name of the model.</param>
    /// <param name="version">Id or alias; empty: the model's newest.</param>
    public static string For(string model, string version = "") => QueryHelpers.AddQueryString("/", new List<KeyValuePair<string, string?>>
    {
        new(Model, model),
        new(Version, version),
        new(Classes, AllClasses),
    }.Where(part => part.Value!.Length > 0));

    private static string Text(Value value) => value.KindCase switch
    {
        Value.KindOneofCase.NumberValue => Invariant(value.NumberValue),
        Value.KindOneofCase.BoolValue => value.BoolValue ? "true" : "false",
        _ => value.StringValue,
    };

    private static string Invariant(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
