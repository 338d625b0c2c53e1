using System.Globalization;
using Ddpm.Protocol;
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

    public const string GuidanceAt = "guidance_at";
    public const string Resample = "resample";

    /// <summary>The picture to begin at: a job's id and, after a slash, the number of its image or the hash of a picture that went into it.</summary>
    public const string From = "from";

    /// <summary>The picture to end at, as <see cref="From"/>.</summary>
    public const string To = "to";

    /// <summary>The mask of the picture of which a part is kept, as <see cref="From"/>.</summary>
    public const string Mask = "mask";

    /// <summary>For <see cref="Start"/>: a picture with noise.</summary>
    public const string Noised = "noised";

    /// <summary>For <see cref="Start"/>: a picture's own noise.</summary>
    public const string Encoded = "encoded";

    /// <summary>For <see cref="Start"/>: a picture of which a part is kept.</summary>
    public const string Kept = "kept";

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
        if (spec.GuidanceInterval is { } interval)
            query.Add(new(GuidanceAt, $"{Invariant(interval.LowestTimestep)}..{Invariant(interval.HighestTimestep)}"));
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
        if (spec.Inpainting is { } inpainting)
        {
            query.Add(new(Start, Kept));
            query.Add(new(Resample, Invariant(inpainting.Resamplings)));
        }
        Add(From, spec.NoisedImage?.Image ?? spec.EncodedImages?.Image ?? spec.Inpainting?.Image);
        Add(To, spec.EncodedImages?.Other);
        Add(Mask, spec.Inpainting?.Mask);
        if (jobId is not null)
            query.Add(new(Job, jobId));
        return QueryHelpers.AddQueryString("/", query);

        void Add(string key, InputImage? image)
        {
            if (image?.JobImage is { } made)
                query.Add(new(key, $"{made.JobId}/{Invariant(made.Trajectory)}"));
            else if (image?.JobInput is { } kept)
                query.Add(new(key, $"{kept.JobId}/{kept.Sha256}"));
        }
    }

    /// <summary>A picture as <see cref="From"/> names it; null where it does not.</summary>
    internal static InputImage? ReadInput(string? text)
    {
        if (text?.Split('/') is not [var jobId, var which] || !Guid.TryParse(jobId, out var id))
            return null;
        if (which.Length == 64 && which.All(char.IsAsciiHexDigitLower))
            return new InputImage { JobInput = new JobInput { JobId = $"{id}", Sha256 = which } };
        return int.TryParse(which, NumberStyles.None, CultureInfo.InvariantCulture, out var trajectory)
            ? new InputImage { JobImage = new JobImage { JobId = $"{id}", Trajectory = trajectory } }
            : null;
    }

    /// <summary>The address that begins at a finished image of a job, with the job's settings.</summary>
    public static string BeginningAt(Job job, int trajectory)
    {
        var spec = job.Again();
        spec.Inpainting = null;
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
