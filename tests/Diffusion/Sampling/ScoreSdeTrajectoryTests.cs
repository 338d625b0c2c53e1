using System.Numerics;
using System.Text.Json;

namespace Ddpm.Diffusion.Tests.Sampling;

/// <summary>The recorded trajectories of score_sde's predictors and correctors: what the network is asked, and the end, in float64 and float32.</summary>
public sealed class ScoreSdeTrajectoryTests
{
    private const string File = "score_sde";

    private static readonly NoiseSchedule Schedule = new(new NoiseScheduleOptions());

    public static TheoryData<string> Runs =>
        [.. Goldens.Runs(File).Select(run => run.Name).Where(name => name.StartsWith("pc.", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task VpSde_Float64_FollowsScoreSdeAtEveryRecordedCall(string run) => await Replay<double>(run);

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task VpSde_Float32_FollowsScoreSdeAtEveryRecordedCall(string run) => await Replay<float>(run);

    private static async Task Replay<T>(string run)
        where T : struct, IFloatingPointIeee754<T>
    {
        var recorded = Goldens.Run(File, run);
        var options = Options(recorded);
        var sampler = new VpSdeSampler<T>(Schedule, recorded.GetProperty("N").GetInt32(), options);
        var recordedCalls = Goldens.ScoreSde.ReadInt64($"{run}/model_call_index");
        var labels = Goldens.ScoreSde.ReadFloat64($"{run}/model_label");
        var inputs = Goldens.ScoreSde.ReadFloat64($"{run}/model_input_x.f64");
        var isDouble = typeof(T) == typeof(double);
        var inputTolerance = isDouble ? 1e-9 : 3 * Goldens.ScoreSde.ReadFloat64($"{run}/model_input_x.f32").Zip(inputs, (a, b) => Math.Abs(a - b)).Max();
        var noise = new RecordedBatch(recorded.GetProperty("noise_draws").GetInt32() / sampler.Steps);
        var calls = 0;
        var checkedCalls = 0;
        var state = sampler.Start(noise.Start<T>());

        while (state.Step < sampler.Steps)
            state = await sampler.StepAsync(state, AskAsync, noise, TestContext.Current.CancellationToken);

        calls.ShouldBe(recorded.GetProperty("model_calls").GetInt32());
        state.Evaluations.ShouldBe(calls);
        checkedCalls.ShouldBe(recordedCalls.Length);
        state.X.ShouldBeCloseTo(
            Goldens.ScoreSde.ReadFloat64($"{run}/final.f64"),
            isDouble ? 1e-9 : 3 * recorded.GetProperty("f32_vs_f64_final_max").GetDouble(),
            $"{run}, final");

        ValueTask<T[]> AskAsync(T[] x, double timestep, CancellationToken cancellationToken)
        {
            var call = Array.IndexOf(recordedCalls, calls);
            if (call >= 0)
            {
                timestep.ShouldBe(labels[call], 1e-9);
                x.ShouldBeCloseTo(inputs.AsSpan(call * RecordedBatch.Elements, RecordedBatch.Elements).ToArray(), inputTolerance, $"{run}, call {calls}");
                checkedCalls++;
            }

            calls++;
            // As recorded: the schedule's ᾱ, or the closed form at the time that the label stands for.
            var alphaBar = options.Discrete ? Schedule.AlphaBars[(int)timestep] : AnalyticModel.VpAlphaBar(timestep);
            return ValueTask.FromResult(RecordedBatch.Epsilon(x, alphaBar));
        }
    }

    private static VpSdeOptions Options(JsonElement recorded) => new()
    {
        BetaMin = recorded.GetProperty("beta_min").GetDouble(),
        BetaMax = recorded.GetProperty("beta_max").GetDouble(),
        EndTime = recorded.GetProperty("eps").GetDouble(),
        Denoise = recorded.GetProperty("denoise").GetBoolean(),
        Discrete = !recorded.GetProperty("continuous").GetBoolean(),
        Predictor = recorded.GetProperty("predictor").GetString() switch
        {
            "euler_maruyama" => VpSdePredictor.EulerMaruyama,
            "reverse_diffusion" => VpSdePredictor.ReverseDiffusion,
            "ancestral_sampling" => VpSdePredictor.Ancestral,
            "none" => VpSdePredictor.None,
            var other => throw new InvalidOperationException($"A run has the predictor {other}."),
        },
        Corrector = recorded.GetProperty("corrector").GetString() switch
        {
            "none" => VpSdeCorrector.None,
            "langevin" => VpSdeCorrector.Langevin,
            "ald" => VpSdeCorrector.AnnealedLangevin,
            var other => throw new InvalidOperationException($"A run has the corrector {other}."),
        },
        SignalToNoise = recorded.GetProperty("snr").GetDouble() is > 0 and var snr ? snr : 0.16,
        CorrectorSteps = recorded.GetProperty("n_steps_each").GetInt32(),
        ImagesInState = RecordedNoise.Rows,
    };
}
