using System.Numerics;
using System.Text.Json;

namespace Ddpm.Diffusion.Tests.Sampling;

/// <summary>Every recorded trajectory of diffusers' DDIMScheduler and DDPMScheduler, step by step, in float64 and float32.</summary>
public sealed class DiffusersTrajectoryTests
{
    private const string DdimFile = "diffusers_ddim";
    private const string DdpmFile = "diffusers_ddpm";

    public static TheoryData<string> DdimRuns => [.. Goldens.Runs(DdimFile).Select(run => run.Name)];

    public static TheoryData<string> DdpmRuns => [.. Goldens.Runs(DdpmFile).Select(run => run.Name)];

    [Theory]
    [MemberData(nameof(DdimRuns))]
    public async Task Ddim_Float64_FollowsDiffusersAtEveryStep(string run) => await Replay<double>(DdimFile, run);

    [Theory]
    [MemberData(nameof(DdimRuns))]
    public async Task Ddim_Float32_FollowsDiffusersAtEveryStep(string run) => await Replay<float>(DdimFile, run);

    [Theory]
    [MemberData(nameof(DdpmRuns))]
    public async Task Ddpm_Float64_FollowsDiffusersAtEveryStep(string run) => await Replay<double>(DdpmFile, run);

    [Theory]
    [MemberData(nameof(DdpmRuns))]
    public async Task Ddpm_Float32_FollowsDiffusersAtEveryStep(string run) => await Replay<float>(DdpmFile, run);

    private static async Task Replay<T>(string file, string run)
        where T : struct, IFloatingPointIeee754<T>
    {
        var tensors = file == DdimFile ? Goldens.Ddim : Goldens.Ddpm;
        var recorded = Goldens.Run(file, run);
        var settings = new Settings(recorded);
        var sampler = settings.Class == "DDIMScheduler" ? settings.Ddim<T>() : settings.Ddpm<T>();
        settings.ShouldBeReadInFull();
        sampler.Timesteps.Select(t => (double)t).ShouldBe(tensors.ReadFloat64($"{run}/timesteps"));

        var states = tensors.ReadFloat64($"{run}/x.f64");
        var recordedSteps = tensors.Entries.ContainsKey($"{run}/x_index")
            ? tensors.ReadInt64($"{run}/x_index")
            : [.. Enumerable.Range(0, sampler.Steps + 1).Select(step => (long)step)];
        var (onTheWay, atTheEnd) = (1e-9, 1e-9);
        if (typeof(T) == typeof(float))
        {
            // The recorded distance of float32 from float64: that of the end there, and the largest one on the way.
            var exact = states;
            states = tensors.ReadFloat64($"{run}/x.f32");
            onTheWay = 3 * states.Zip(exact, (a, b) => Math.Abs(a - b)).Max();
            atTheEnd = 3 * recorded.GetProperty("f32_vs_f64_final_max").GetDouble();
        }

        for (var row = 0; row < RecordedNoise.Rows; row++)
        {
            var noise = new RecordedNoise(row);
            var epsilon = AnalyticModel.Of<T>(sampler.Schedule).Through(settings.PredictionType, sampler.Schedule);
            var state = sampler.Start(noise.Start<T>());
            var next = 0;
            while (true)
            {
                if (recordedSteps[next] == state.Step)
                {
                    var expected = states.AsSpan(((next * RecordedNoise.Rows) + row) * AnalyticModel.Elements, AnalyticModel.Elements).ToArray();
                    state.X.ShouldBeCloseTo(expected, state.Step == sampler.Steps ? atTheEnd : onTheWay, $"{run}, row {row}, after step {state.Step}");
                    next++;
                }

                if (state.Step == sampler.Steps)
                    break;
                state = await sampler.StepAsync(state, epsilon, noise, TestContext.Current.CancellationToken);
            }

            next.ShouldBe(recordedSteps.Length);
            state.Evaluations.ShouldBe(sampler.Steps);
        }
    }

    /// <summary>A run's settings under their names in diffusers; those that were not recorded have diffusers' defaults.</summary>
    private sealed class Settings(JsonElement run)
    {
        private readonly HashSet<string> _read = [];

        public string Class => run.GetProperty("class").GetString()!;

        public string PredictionType => Init("prediction_type")?.GetString() ?? "epsilon";

        public DiscreteSampler<T> Ddim<T>()
            where T : struct, IFloatingPointIeee754<T> =>
            new DdimSampler<T>(
                Schedule(),
                Steps,
                new DdimOptions
                {
                    Eta = Step("eta")?.GetDouble() ?? 0,
                    Spacing = Spacing(),
                    Thresholding = Thresholding(),
                    UseClippedModelOutput = Step("use_clipped_model_output")?.GetBoolean() ?? false,
                    StepsOffset = Init("steps_offset")?.GetInt32() ?? 0,
                    SetAlphaToOne = Init("set_alpha_to_one")?.GetBoolean() ?? true,
                    FixedStride = true,
                });

        public DiscreteSampler<T> Ddpm<T>()
            where T : struct, IFloatingPointIeee754<T> =>
            new DdpmSampler<T>(
                Schedule(),
                Steps,
                new DdpmOptions
                {
                    Variance = (Init("variance_type")?.GetString() ?? "fixed_small") switch
                    {
                        // The same number, computed through its logarithm.
                        "fixed_small" or "fixed_small_log" => DdpmVariance.FixedSmall,
                        "fixed_large" => DdpmVariance.FixedLarge,
                        var other => throw new InvalidOperationException($"A run has variance {other}."),
                    },
                    Spacing = Spacing(),
                    Thresholding = Thresholding(),
                    NoiseInLastStep = true,
                });

        public void ShouldBeReadInFull()
        {
            _ = PredictionType;
            var recorded = run.GetProperty("init").EnumerateObject().Concat(run.GetProperty("step_kwargs").EnumerateObject());
            recorded.Select(setting => setting.Name).ShouldBeSubsetOf(_read);
        }

        private int Steps => run.GetProperty("num_inference_steps").GetInt32();

        private NoiseSchedule Schedule() => new(new NoiseScheduleOptions((Init("beta_schedule")?.GetString() ?? "linear") switch
        {
            "linear" => BetaScheduleKind.Linear,
            "squaredcos_cap_v2" => BetaScheduleKind.Cosine,
            var other => throw new InvalidOperationException($"A run has schedule {other}."),
        }));

        private TimestepSpacing Spacing() => Enum.Parse<TimestepSpacing>(Init("timestep_spacing")?.GetString() ?? "leading", ignoreCase: true);

        private Thresholding? Thresholding()
        {
            var range = Init("clip_sample_range")?.GetDouble() ?? 1;
            var ratio = Init("dynamic_thresholding_ratio")?.GetDouble() ?? 0.995;
            var maximum = Init("sample_max_value")?.GetDouble() ?? 1;
            var clip = Init("clip_sample")?.GetBoolean() ?? true;
            if (Init("thresholding")?.GetBoolean() ?? false)
                return new Thresholding.Dynamic(ratio, maximum);
            return clip ? new Thresholding.Clip(range) : null;
        }

        private JsonElement? Init(string name) => Read("init", name);

        private JsonElement? Step(string name) => Read("step_kwargs", name);

        private JsonElement? Read(string group, string name)
        {
            _read.Add(name);
            return run.GetProperty(group).TryGetProperty(name, out var value) ? value : null;
        }
    }
}
