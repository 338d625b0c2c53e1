using System.Numerics;

namespace Ddpm.Diffusion.Tests.Sampling;

/// <summary>score_sde's <c>get_ode_sampler</c>, which is scipy's RK45: the end, and the times at which the network was asked.</summary>
public sealed class PfOdeSamplerTests
{
    private const string File = "score_sde";

    private static readonly NoiseSchedule Schedule = new(new NoiseScheduleOptions());

    public static TheoryData<string> Runs =>
        [.. Goldens.Runs(File).Select(run => run.Name).Where(name => name.StartsWith("ode.", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task PfOde_OneStretch_IsScoreSdes(string run)
    {
        if (run.EndsWith("f64", StringComparison.Ordinal))
        {
            await Replay<double>(run, 1e-9, Goldens.Run(File, run).GetProperty("nfe").GetInt32());
            return;
        }

        var single = Goldens.ScoreSde.ReadFloat64($"{run}/final");
        var exact = Goldens.ScoreSde.ReadFloat64($"{run[..^3]}f64/final");
        await Replay<float>(run, 3 * single.Zip(exact, (a, b) => Math.Abs(a - b)).Max(), evaluations: null);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100)]
    public async Task PfOde_AnyNumberOfStretches_EndsWithinTheTolerance(int steps)
    {
        var reference = Goldens.ScoreSde.ReadFloat64("ode.rk45.denoise.tol1e-10.f64/final");
        var sampler = new PfOdeSampler<double>(Schedule, steps, new PfOdeOptions { Tolerance = 1e-8 });
        var state = await RunAsync(sampler, (_, _) => { });
        state.X.ShouldBeCloseTo(reference, 1e-6, $"{steps} stretches");
        state.History.ShouldBeEmpty();
    }

    [Fact]
    public async Task PfOde_Heun_ConvergesBySquares()
    {
        var reference = Goldens.ScoreSde.ReadFloat64("ode.rk45.denoise.tol1e-10.f64/final");
        var errors = new List<double>();
        foreach (var steps in new[] { 400, 800 })
        {
            var sampler = new PfOdeSampler<double>(Schedule, steps, new PfOdeOptions { Method = PfOdeMethod.Heun });
            var state = await RunAsync(sampler, (_, _) => { });
            state.Evaluations.ShouldBe((2 * steps) + 1);
            errors.Add(state.X.Zip(reference, (a, b) => Math.Abs(a - b)).Max());
        }

        Math.Log2(errors[0] / errors[1]).ShouldBe(2, 0.3);
    }

    private static async Task Replay<T>(string run, double tolerance, int? evaluations)
        where T : struct, IFloatingPointIeee754<T>
    {
        var recorded = Goldens.Run(File, run);
        var sampler = new PfOdeSampler<T>(Schedule, 1, new PfOdeOptions
        {
            EndTime = recorded.GetProperty("eps").GetDouble(),
            Tolerance = recorded.GetProperty("rtol").GetDouble(),
            Denoise = run.Contains(".denoise.", StringComparison.Ordinal),
        });
        var times = Goldens.ScoreSde.Entries.ContainsKey($"{run}/nfe_times") && evaluations is not null ? Goldens.ScoreSde.ReadFloat64($"{run}/nfe_times") : null;

        var state = await RunAsync(sampler, (call, timestep) =>
        {
            if (times is not null)
                // The size of a step is a power of its error, in which the last digits show.
                (timestep / 999).ShouldBe(times[call], 1e-6, $"call {call}");
        });

        if (evaluations is not null)
            state.Evaluations.ShouldBe(evaluations.Value);
        state.X.ShouldBeCloseTo(Goldens.ScoreSde.ReadFloat64($"{run}/final"), tolerance, run);
    }

    private static async Task<SamplerState<T>> RunAsync<T>(Sampler<T> sampler, Action<int, double> asked)
        where T : struct, IFloatingPointIeee754<T>
    {
        var noise = new RecordedBatch(1);
        var calls = 0;
        var state = sampler.Start(noise.Start<T>());
        while (state.Step < sampler.Steps)
        {
            state = await sampler.StepAsync(
                state,
                (x, timestep, _) =>
                {
                    asked(calls++, timestep);
                    return ValueTask.FromResult(RecordedBatch.Epsilon(x, AnalyticModel.VpAlphaBar(timestep)));
                },
                noise,
                TestContext.Current.CancellationToken);
        }

        return state;
    }
}
