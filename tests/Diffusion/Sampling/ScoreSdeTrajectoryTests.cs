using System.Numerics;

namespace Ddpm.Diffusion.Tests.Sampling;

/// <summary>The recorded trajectories of score_sde's Euler–Maruyama predictor without a corrector.</summary>
public sealed class ScoreSdeTrajectoryTests
{
    private const string File = "score_sde";

    public static TheoryData<string> Runs =>
        [.. Goldens.Runs(File).Select(run => run.Name).Where(name => name.Split('.') is ["pc", "euler_maruyama", "none", ..])];

    [Fact]
    public void Runs_AllThatWereRecorded_AreReplayed() =>
        Runs.Select(run => run.Data).ShouldBe(
            ["pc.euler_maruyama.none.N100.cont", "pc.euler_maruyama.none.N1000.cont", "pc.euler_maruyama.none.N1000.cont.nodenoise"],
            ignoreOrder: true);

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
        var options = new VpSdeOptions
        {
            BetaMin = recorded.GetProperty("beta_min").GetDouble(),
            BetaMax = recorded.GetProperty("beta_max").GetDouble(),
            EndTime = recorded.GetProperty("eps").GetDouble(),
            Denoise = recorded.GetProperty("denoise").GetBoolean(),
        };
        var sampler = new VpSdeSampler<T>(new NoiseSchedule(new NoiseScheduleOptions()), recorded.GetProperty("N").GetInt32(), options);
        var calls = Goldens.ScoreSde.ReadInt64($"{run}/model_call_index");
        var labels = Goldens.ScoreSde.ReadFloat64($"{run}/model_label");
        var inputs = Goldens.ScoreSde.ReadFloat64($"{run}/model_input_x.f64");
        var final = Goldens.ScoreSde.ReadFloat64($"{run}/final.f64");
        var tolerance = typeof(T) == typeof(double) ? 1e-9 : Math.Max(1e-5, 3 * recorded.GetProperty("f32_vs_f64_final_max").GetDouble());

        for (var row = 0; row < RecordedNoise.Rows; row++)
        {
            var noise = new RecordedNoise(row);
            var state = sampler.Start(noise.Start<T>());
            var checkedCalls = 0;
            while (state.Step < sampler.Steps)
            {
                state = await sampler.StepAsync(state, Epsilon, noise, TestContext.Current.CancellationToken);

                ValueTask<T[]> Epsilon(T[] x, double timestep, CancellationToken ct)
                {
                    var call = Array.IndexOf(calls, state.Step);
                    if (call >= 0)
                    {
                        timestep.ShouldBe(labels[call], 1e-9);
                        x.ShouldBeCloseTo(Row(inputs, call, row), tolerance, $"{run}, row {row}, call {state.Step}");
                        checkedCalls++;
                    }

                    // As recorded: the closed form of ᾱ at the time that the label stands for, score_sde's t = label / 999.
                    var time = timestep / 999;
                    return ValueTask.FromResult(AnalyticModel.Epsilon<T>(x, Math.Exp((-0.5 * time * time * 19.9) - (0.1 * time))));
                }
            }

            checkedCalls.ShouldBe(calls.Length);
            state.X.ShouldBeCloseTo(Row(final, 0, row), tolerance, $"{run}, row {row}, final");
        }
    }

    private static double[] Row(double[] tensor, int index, int row) =>
        tensor.AsSpan(((index * RecordedNoise.Rows) + row) * AnalyticModel.Elements, AnalyticModel.Elements).ToArray();
}
