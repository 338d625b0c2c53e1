using Ddpm.V1;
using Ddpm.Web.Creating;
using Google.Protobuf.WellKnownTypes;

namespace Ddpm.Web.Tests.Doubles;

/// <summary>Models, samplers and jobs that tests begin with.</summary>
internal static class Samples
{
    public static readonly string Version = new('a', 64);
    public static readonly string OlderVersion = new('b', 64);

    private static readonly DateTimeOffset Created = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);
    private static int s_jobs;

    public static Model Garments() => new()
    {
        Name = "garments",
        Aliases = { ["latest"] = Version },
        Versions =
        {
            new ModelVersion
            {
                Model = "garments",
                Version = Version,
                CreatedAt = Created.ToTimestamp(),
                SampleShape = { 1, 28, 28 },
                ClassLabels = { "Shirt", "Trouser", "Boot" },
                SupportsGuidance = true,
                ParameterCount = 2_100_000,
                Schedule = new NoiseSchedule { Timesteps = 1000 },
            },
            new ModelVersion
            {
                Model = "garments",
                Version = OlderVersion,
                CreatedAt = Created.AddDays(-3).ToTimestamp(),
                SampleShape = { 1, 28, 28 },
                Schedule = new NoiseSchedule { Timesteps = 1000 },
            },
        },
    };

    public static Sampler Ddpm() => new()
    {
        Name = "ddpm",
        Title = "DDPM",
        Summary = "Every noise level.",
        Paper = "Ho et al. 2020, algorithm 2",
        DefaultSteps = 1000,
        MaxSteps = 1000,
    };

    public static Sampler Ddim() => new()
    {
        Name = "ddim",
        Title = "DDIM",
        Summary = "Straight steps.",
        Paper = "Song et al. 2021, equation 12",
        DefaultSteps = 50,
        MaxSteps = 1000,
        Options =
        {
            new SamplerOption
            {
                Name = "eta", Title = "Randomness", Help = "0 is none.",
                Number = new NumberOption { DefaultValue = 0, Minimum = 0, Maximum = 1, Step = 0.05 },
            },
            new SamplerOption
            {
                Name = "spacing", Title = "Spacing", Help = "Which timesteps.",
                Choice = new ChoiceOption
                {
                    DefaultValue = "uniform",
                    Choices = { new Choice { Value = "uniform", Title = "Uniform" }, new Choice { Value = "quadratic", Title = "Quadratic" } },
                },
            },
            new SamplerOption { Name = "clip", Title = "Clip", Help = "Within range.", Flag = new FlagOption { DefaultValue = true } },
        },
    };

    /// <summary>The form of the page Create, as it is when its models and samplers have come.</summary>
    public static CreateForm Form()
    {
        var form = new CreateForm(() => 7);
        form.Offer([Garments()], [Ddim(), Ddpm()]);
        return form;
    }

    public static JobSpec Spec(int count = 2) => new()
    {
        Model = "garments",
        Version = Version,
        Sampler = "ddim",
        SamplerOptions = new Struct { Fields = { ["eta"] = Value.ForNumber(0.5), ["spacing"] = Value.ForString("quadratic"), ["clip"] = Value.ForBool(false) } },
        Steps = 20,
        Seed = ulong.MaxValue,
        Count = count,
        Classes = new ClassSelection { Labels = { 0, 2 } },
        GuidanceScale = 2.5f,
    };

    public static Job Job(JobSpec? spec = null, JobState state = JobState.Running)
    {
        var number = Interlocked.Increment(ref s_jobs);
        spec ??= Spec();
        return new Job
        {
            Id = $"00000000-0000-7000-8000-{number:000000000000}",
            Spec = spec,
            State = state,
            CreatedAt = Created.AddMinutes(number).ToTimestamp(),
            LastEvent = 1,
            SampleShape = { 1, 28, 28 },
            ClassNames = { Enumerable.Range(0, spec.Count).Select(k => k % 2 == 0 ? "Shirt" : "Boot") },
        };
    }

    public static List<FrameInfo> Frames(params int[] steps) =>
        [.. steps.Select(step => new FrameInfo { Step = step, Timestep = 1000 - 50 * step, AlphaBar = step / 20.0 })];

    /// <summary>60 grey images of 28×28 in two classes, one of which cannot be read.</summary>
    public static DataSet Shapes(string name = "shapes") => new()
    {
        Name = name,
        Format = "image files",
        Fingerprint = new string('f', 64),
        ImageCount = 60,
        Classes = { new ImageTally { Name = "left", ImageCount = 40 }, new ImageTally { Name = "right", ImageCount = 20 } },
        Sizes = { new ImageTally { Name = "28×20", ImageCount = 50 }, new ImageTally { Name = "16×16", ImageCount = 10 } },
        Channels = { new ImageTally { Name = "grey", ImageCount = 60 } },
        UnreadableCount = 1,
        Unreadable = { new UnreadableImage { Name = "left/broken.png", Reason = "is no image" } },
        CreatedAt = Created.ToTimestamp(),
        SizeBytes = 12_000,
        Uploaded = true,
    };

    public static string Recipe(string dataSet) => $$"""
        {
          "model": { "name": "{{dataSet}}" },
          "network": { "sample_size": 28, "block_out_channels": [32, 64], "num_class_embeds": 3, "null_class_embed": 2 },
          "schedule": { "prediction_type": "epsilon" },
          "data": { "source": "{{dataSet}}" },
          "training": { "steps": 300, "batch_size": 8, "learning_rate": 2e-4, "class_dropout": 0.1, "seed": 3 }
        }
        """;

    public static Run Run(string? recipe = null, RunState state = RunState.Running)
    {
        var number = Interlocked.Increment(ref s_jobs);
        return new Run
        {
            Id = $"00000000-0000-7000-9000-{number:000000000000}",
            State = state,
            Model = "garments",
            RecipeJson = recipe ?? Recipe("shapes"),
            CreatedAt = Created.AddMinutes(number).ToTimestamp(),
            StepsTotal = 300,
            LastEvent = 1,
        };
    }
}
