using System.Numerics;
using System.Text.Json;

namespace Ddpm.Diffusion.Tests.Sampling;

/// <summary>Every recorded trajectory of diffusers' solvers: what the network is asked at each evaluation, and the end, in float64 and float32.</summary>
public sealed class SolverTrajectoryTests
{
    private const string File = "diffusers_solvers";

    public static TheoryData<string> Runs => [.. Goldens.Runs(File).Select(run => run.Name)];

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task Solver_Float64_FollowsDiffusersAtEveryEvaluation(string run) => await Replay<double>(run);

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task Solver_Float32_FollowsDiffusersAtEveryEvaluation(string run) => await Replay<float>(run);

    private static async Task Replay<T>(string name)
        where T : struct, IFloatingPointIeee754<T>
    {
        var run = new RecordedRun(name);
        var sampler = run.Sampler<T>();
        run.ShouldBeReadInFull();
        for (var row = 0; row < RecordedNoise.Rows; row++)
        {
            var noise = new RecordedNoise(row);
            var model = run.Model<T>();
            var calls = 0;
            var state = sampler.Start([.. noise.Start<T>().Select(value => T.CreateTruncating(run.StartScale) * value)]);
            while (state.Step < sampler.Steps)
                state = await sampler.StepAsync(state, AskAsync, noise, TestContext.Current.CancellationToken);

            calls.ShouldBe(run.Timesteps.Length);
            state.Evaluations.ShouldBe(calls);
            run.ShouldBeAt(calls, row, state.X);

            ValueTask<T[]> AskAsync(T[] x, double timestep, CancellationToken cancellationToken)
            {
                timestep.ShouldBe(run.Timesteps[calls], 1e-9, $"{name}, call {calls}");
                run.ShouldBeAt(calls, row, x);
                calls++;
                return model(x, timestep, cancellationToken);
            }
        }
    }

    /// <summary>A recorded run, with its settings under their names in diffusers; those that were not recorded have diffusers' defaults.</summary>
    private sealed class RecordedRun
    {
        private readonly string _name;
        private readonly JsonElement _run;
        private readonly HashSet<string> _read = [];
        private readonly double[] _states;
        private readonly long[] _index;
        private readonly NoiseLevels? _levels;
        private readonly double _floatDistance;

        public RecordedRun(string name)
        {
            _name = name;
            _run = Goldens.Run(File, name);
            _states = Goldens.Solvers.ReadFloat64($"{name}/x.f64");
            // Those of the VP-SDE are times of 0 … 1.
            var scale = Class == "ScoreSdeVpScheduler" ? 999 : 1;
            Timesteps = [.. Goldens.Solvers.ReadFloat64($"{name}/timesteps").Select(timestep => scale * timestep)];
            _index = Goldens.Solvers.Entries.ContainsKey($"{name}/x_index")
                ? Goldens.Solvers.ReadInt64($"{name}/x_index")
                : [.. Enumerable.Range(0, Timesteps.Length + 1).Select(call => (long)call)];
            Schedule = new NoiseSchedule(new NoiseScheduleOptions(
                BetaStart: Init("beta_start")?.GetDouble() ?? 1e-4, BetaEnd: Init("beta_end")?.GetDouble() ?? 0.02));
            _levels = Class is "PNDMScheduler" or "ScoreSdeVpScheduler" ? null : Levels();
            _floatDistance = FloatDistance();
        }

        /// <summary>In the order in which the network is asked.</summary>
        public double[] Timesteps { get; }

        public NoiseSchedule Schedule { get; }


        private string Class => _run.GetProperty("class").GetString()!;

        private int Steps => _run.GetProperty("num_inference_steps").GetInt32();

        /// <summary>Whether the states are of x/√ᾱ, which has the variance 1 + σ².</summary>
        private bool IsUnscaled => Class is "EulerDiscreteScheduler" or "EulerAncestralDiscreteScheduler" or "HeunDiscreteScheduler";

        /// <summary>Where diffusers starts so, its σ_max z has a little less than the variance of x/√ᾱ.</summary>
        public double StartScale => IsUnscaled && (Init("timestep_spacing")?.GetString() ?? "linspace") != "leading"
            ? Math.Sqrt(1 - NoiseLevels.AlphaBarOf(_levels!.Sigmas[0]))
            : 1;

        public Sampler<T> Sampler<T>()
            where T : struct, IFloatingPointIeee754<T> => Class switch
            {
                "DPMSolverMultistepScheduler" => new DpmSolver<T>(_levels!, new DpmSolverOptions
                {
                    Order = Order,
                    Kind = (Init("algorithm_type")?.GetString() ?? "dpmsolver++") switch
                    {
                        "dpmsolver++" => DpmSolverKind.Data,
                        "sde-dpmsolver++" => DpmSolverKind.DataSde,
                        "dpmsolver" => DpmSolverKind.Noise,
                        var other => throw new InvalidOperationException($"A run is of {other}."),
                    },
                    Thresholding = Thresholding,
                }),
                "UniPCMultistepScheduler" => new UniPcSampler<T>(_levels!, new UniPcOptions
                {
                    Order = Order,
                    Step = (Init("solver_type")?.GetString() ?? "bh2") == "bh1" ? UniPcStep.Bh1 : UniPcStep.Bh2,
                    Thresholding = Thresholding,
                }),
                "EulerDiscreteScheduler" => new EulerSampler<T>(_levels!, thresholding: null),
                "EulerAncestralDiscreteScheduler" => new EulerAncestralSampler<T>(_levels!, eta: 1, thresholding: null),
                "HeunDiscreteScheduler" => new HeunSampler<T>(Schedule, _levels!, new HeunOptions { Thresholding = null }),
                "PNDMScheduler" => new PndmSampler<T>(
                    Schedule, Steps, new PndmOptions { RungeKuttaStart = !Init("skip_prk_steps")!.Value.GetBoolean(), SetAlphaToOne = false, Spacing = TimestepSpacing.Leading }),
                "ScoreSdeVpScheduler" => new VpSdeSampler<T>(Schedule, Steps, new VpSdeOptions { Denoise = false }),
                var other => throw new InvalidOperationException($"A run is of {other}."),
            };

        public EpsilonModel<T> Model<T>()
            where T : struct, IFloatingPointIeee754<T> => Class == "ScoreSdeVpScheduler"
                // As recorded: the closed form of ᾱ at the time that the label stands for.
                ? (x, timestep, _) => ValueTask.FromResult(AnalyticModel.Epsilon<T>(x, AnalyticModel.VpAlphaBar(timestep)))
                : AnalyticModel.Of<T>(Schedule).Through(Init("prediction_type")?.GetString() ?? "epsilon", Schedule);

        /// <summary>Checks x when the network is asked for the n-th time, or at the end.</summary>
        public void ShouldBeAt<T>(int call, int row, T[] x)
            where T : struct, IFloatingPointIeee754<T>
        {
            var place = Array.IndexOf(_index, call);
            if (place < 0)
                return;
            var tolerance = typeof(T) == typeof(double) ? 1e-9 : 3 * (call == Timesteps.Length ? FinalFloatDistance : _floatDistance);
            x.ShouldBeCloseTo([.. StateAt(_states, place, row)], tolerance, $"{_name}, row {row}, call {call}");
        }

        /// <summary>Of the end: the recorded distance between float32 and float64.</summary>
        private double FinalFloatDistance => _run.GetProperty("f32_vs_f64_final_max").GetDouble();

        /// <summary>The same of all that was recorded.</summary>
        private double FloatDistance()
        {
            var single = Goldens.Solvers.ReadFloat64($"{_name}/x.f32");
            return Enumerable.Range(0, _index.Length)
                .SelectMany(place => Enumerable.Range(0, RecordedNoise.Rows).SelectMany(
                    row => StateAt(single, place, row).Zip(StateAt(_states, place, row), (a, b) => Math.Abs(a - b))))
                .Max();
        }

        /// <summary>A recorded state, brought to the variance of x.</summary>
        private IEnumerable<double> StateAt(double[] states, int place, int row)
        {
            var call = (int)_index[place];
            var sigma = IsUnscaled ? _levels!.Sigmas[Class == "HeunDiscreteScheduler" ? (call + 1) / 2 : call] : 0;
            return states.Skip(((place * RecordedNoise.Rows) + row) * AnalyticModel.Elements).Take(AnalyticModel.Elements)
                .Select(value => value * Math.Sqrt(NoiseLevels.AlphaBarOf(sigma)));
        }

        public void ShouldBeReadInFull()
        {
            _ = (StartScale, Order, Thresholding, Init("prediction_type"));
            // T is the schedule's, and the timesteps are taken as they were recorded.
            var recorded = _run.GetProperty("init").EnumerateObject().Select(setting => setting.Name)
                .Where(name => name is not ("num_train_timesteps" or "timestep_spacing"));
            recorded.ShouldBeSubsetOf(_read);
        }

        private int Order => Init("solver_order")?.GetInt32() ?? 2;

        private Thresholding? Thresholding =>
            Init("thresholding")?.GetBoolean() ?? false
                ? new Thresholding.Dynamic(Init("dynamic_thresholding_ratio")!.Value.GetDouble(), Init("sample_max_value")!.Value.GetDouble())
                : null;

        /// <summary>Those of the recorded timesteps, or Karras'; checked against the recorded ones.</summary>
        private NoiseLevels Levels()
        {
            var recorded = Goldens.Solvers.ReadFloat64($"{_name}/sigmas.f64");
            double[] timesteps = Timesteps;
            if (Class == "HeunDiscreteScheduler")
            {
                // There each level but the first and the last is listed for both evaluations that are made at it.
                timesteps = [.. Timesteps.Where((_, call) => call % 2 == 0)];
                recorded = [.. recorded.Where((_, call) => call % 2 == 0 || call == recorded.Length - 1)];
            }

            var final = Init("final_sigmas_type")?.GetString() == "sigma_min" ? NoiseLevels.SigmaOf(Schedule.AlphaBars[0]) : 0;
            var levels = Init("use_karras_sigmas")?.GetBoolean() ?? false
                // diffusers finds timesteps by interpolating ln σ, and rounds them for some of its solvers.
                ? new NoiseLevels(timesteps, NoiseLevels.Karras(Schedule, Steps, finalSigma: final).Sigmas)
                : NoiseLevels.Of(Schedule, timesteps, final);
            levels.Sigmas.ToArray().ShouldBeRelativelyCloseTo(recorded, 1e-9, $"{_name}, noise levels");
            return levels;
        }

        private JsonElement? Init(string name)
        {
            _read.Add(name);
            return _run.GetProperty("init").TryGetProperty(name, out var value) ? value : null;
        }
    }
}
