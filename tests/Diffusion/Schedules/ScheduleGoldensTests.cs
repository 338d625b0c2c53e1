using System.Numerics;
using Ddpm.Safetensors;

namespace Ddpm.Diffusion.Tests.Schedules;

/// <summary>Every recorded tensor of the schedules, by its name: noise schedules, variances, timesteps, the forward process.</summary>
public sealed class ScheduleGoldensTests
{
    // diffusers keeps variances from being 0.
    private const double LeastVariance = 1e-20;

    private static readonly NoiseSchedule Linear = Schedule("linear");

    /// <summary>Where diffusers visits a timestep more than once, as many steps as there are timesteps being asked for: its ⌊1000/1001⌋ is 0, its 500.5 rounds to 500.</summary>
    private static readonly string[] Degenerate =
    [
        "timesteps.dpmsolver_multistep.leading.1000", "timesteps.dpmsolver_multistep.linspace.1000",
        "timesteps.unipc_multistep.leading.1000", "timesteps.unipc_multistep.linspace.1000",
    ];

    /// <summary>What others were recorded for.</summary>
    internal static readonly string[] Given =
    [
        "diffusers.add_noise.t", "diffusers.add_noise.x0.f32", "diffusers.add_noise.x0.f64", "diffusers.add_noise.noise.f32", "diffusers.add_noise.noise.f64",
        "score_sde.vpsde.t",
    ];

    public static TheoryData<string> Names => [.. Goldens.Schedules.Entries.Keys.Except(Given)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Tensor_AsRecorded_IsOurs(string name)
    {
        var recorded = Read(name);
        if (Degenerate.Contains(name))
        {
            recorded.Distinct().Count().ShouldBeLessThan(recorded.Length);
            (await OursAsync(name)).ShouldBe(Enumerable.Range(0, 1000).Reverse().Select(t => (double)t));
        }
        else if (name.EndsWith(".f32", StringComparison.Ordinal))
        {
            var distance = Read(name[..^2] + "64").Zip(recorded, (exact, single) => Math.Abs(exact - single)).Max();
            (await OursAsync(name)).ShouldBeCloseTo(recorded, 3 * distance, name);
        }
        else
        {
            // Timesteps were recorded in float32.
            (await OursAsync(name)).ShouldBeRelativelyCloseTo(recorded, name.StartsWith("timesteps.", StringComparison.Ordinal) ? 1e-7 : 1e-9, name);
        }
    }

    /// <summary>What is ours of that name.</summary>
    private static async Task<IReadOnlyList<double>> OursAsync(string name)
    {
        switch (name.Split('.'))
        {
            case ["timesteps", var scheduler, var spacing, var steps]:
                return await TimestepsAskedForAsync(scheduler, spacing, int.Parse(steps));
            case ["improved", "space_timesteps", "1000", var sections]:
                return [.. Selection(sections).Reverse().Select(t => (double)t)];
            case ["improved", "spaced_betas", "linear", var sections, _]:
                return [.. Posteriors(Linear, Selection(sections)).Reverse().Select(posterior => posterior.Beta)];
            case ["diffusers", "linear", "rescale_zero_snr", "alphas_cumprod", _]:
                return Linear.AlphaBarsOfZeroTerminalSnr();
            case ["diffusers", "linear", var respaced, "timesteps"]:
                return [.. Respaced(respaced).Select(t => (double)t)];
            case ["diffusers", "linear", var respaced, var variance, _]:
                return Variances(Posteriors(Linear, Respaced(respaced)), variance);
            case ["diffusers", "add_noise", "xt", "f32"]:
                return Forward<float>(ForwardProcess.AddNoise<float>);
            case ["diffusers", "add_noise", "xt", _]:
                return Forward<double>(ForwardProcess.AddNoise<double>);
            case ["diffusers", "velocity", "f32"]:
                return Forward<float>(ForwardProcess.Velocity<float>);
            case ["diffusers", "velocity", _]:
                return Forward<double>(ForwardProcess.Velocity<double>);
            case ["score_sde", "vpsde", "N1000", "discrete_betas", _]:
                return Linear.Betas;
            case ["score_sde", "vpsde", "marginal_mean_coef"]:
                return [.. Read("score_sde.vpsde.t").Select(time => Math.Sqrt(Sde.AlphaBar(time)))];
            case ["score_sde", "vpsde", "marginal_std"]:
                return [.. Read("score_sde.vpsde.t").Select(time => Math.Sqrt(1 - Sde.AlphaBar(time)))];
            case ["improved", "linear", "T4000", "betas", _]:
                return new NoiseSchedule(new NoiseScheduleOptions(Timesteps: 4000, BetaStart: 0.25e-4, BetaEnd: 0.005)).Betas;
            case ["improved", var kind, var timesteps, var what, _]:
                return Of(Schedule(kind, int.Parse(timesteps[1..])), what);
            case ["lucidrains", "sigmoid", var what, _]:
                what.ShouldBe("betas");
                return BetasWithEndsInFloat32(Schedule("alpha_bar_sigmoid"));
            case ["lucidrains" or "diffusers", var kind, var what, _]:
                return Of(Schedule(kind), what);
            default:
                throw new InvalidOperationException($"Nothing is compared with the recorded {name}.");
        }
    }

    private static double[] Read(string name) =>
        Goldens.Schedules.Entries[name].DType == SafetensorsType.I64
            ? [.. Goldens.Schedules.ReadInt64(name).Select(value => (double)value)]
            : Goldens.Schedules.ReadFloat64(name);

    private static VpSde Sde { get; } = new(0.1, 20);

    private static NoiseSchedule Schedule(string kind, int timesteps = 1000) => new(kind switch
    {
        "linear" => new NoiseScheduleOptions(Timesteps: timesteps),
        "scaled_linear" => new NoiseScheduleOptions(BetaScheduleKind.ScaledLinear, timesteps, 0.00085, 0.012),
        "squaredcos_cap_v2" or "cosine" => new NoiseScheduleOptions(BetaScheduleKind.Cosine, timesteps),
        "sigmoid" => new NoiseScheduleOptions(BetaScheduleKind.Sigmoid, timesteps),
        "alpha_bar_sigmoid" => new NoiseScheduleOptions(BetaScheduleKind.AlphaBarSigmoid, timesteps),
        _ => throw new InvalidOperationException($"No schedule is called {kind}."),
    });

    private static IReadOnlyList<double> Of(NoiseSchedule schedule, string what)
    {
        var posteriors = Posterior.Chain(schedule.AlphaBars);
        return what switch
        {
            "betas" => schedule.Betas,
            "alphas_cumprod" => schedule.AlphaBars,
            "posterior_mean_coef1" => [.. posteriors.Select(posterior => posterior.CleanFactor)],
            "posterior_mean_coef2" => [.. posteriors.Select(posterior => posterior.NoisyFactor)],
            "posterior_variance" => [.. posteriors.Select(posterior => posterior.Variance)],
            // That of t = 0, whose logarithm there is not, is that of t = 1.
            "posterior_log_variance_clipped" => [.. posteriors.Select((_, t) => Math.Log(posteriors[Math.Max(1, t)].Variance))],
            _ => Variances(posteriors, what),
        };
    }

    private static double[] Variances(IEnumerable<Posterior> posteriors, string what) => what switch
    {
        "variance_fixed_small" => [.. posteriors.Select(posterior => Math.Max(LeastVariance, posterior.Variance))],
        "variance_fixed_large" => [.. posteriors.Select(posterior => posterior.Beta)],
        // What is recorded under these two names are a standard deviation and a logarithm.
        "variance_fixed_small_log" => [.. posteriors.Select(posterior => Math.Sqrt(Math.Max(LeastVariance, posterior.Variance)))],
        "variance_fixed_large_log" => [.. posteriors.Select(posterior => Math.Log(posterior.Beta))],
        _ => throw new InvalidOperationException($"Nothing of a schedule is called {what}."),
    };

    private static IEnumerable<Posterior> Posteriors(NoiseSchedule schedule, int[] falling) =>
        falling.Select((t, i) => Posterior.Between(schedule.AlphaBars[t], i + 1 == falling.Length ? 1 : schedule.AlphaBars[falling[i + 1]]));

    /// <summary>
    /// β_t of ᾱ(t) = (v₁ − v(t))/(v₁ − v₀), v the logistic function, with its two ends v₀ and v₁ rounded to float32, as lucidrains has them whatever the rest is in.
    /// </summary>
    private static double[] BetasWithEndsInFloat32(NoiseSchedule schedule)
    {
        var (start, end) = (1 / (1 + Math.Exp(3)), 1 / (1 + Math.Exp(-3)));
        double[] alphaBars = [.. schedule.AlphaBars.Prepend(1).Select(alphaBar => ((float)end - end + (alphaBar * (end - start))) / ((float)end - (float)start))];
        // The last one is cut off at 0.999 in both.
        return [.. alphaBars.Skip(1).Zip(alphaBars, (next, last) => 1 - (next / last)).SkipLast(1), schedule.Betas[^1]];
    }

    private static int[] Selection(string sections) =>
        sections.StartsWith("ddim", StringComparison.Ordinal)
            ? TimestepSelection.Select(TimestepSpacing.Leading, 1000, int.Parse(sections[4..]))
            : TimestepSelection.Sections(1000, [.. sections.Split('_').Select(int.Parse)]);

    private static int[] Respaced(string name) => name switch
    {
        "respaced_leading50" => TimestepSelection.Select(TimestepSpacing.Leading, 1000, 50),
        "respaced_leading100" => TimestepSelection.Select(TimestepSpacing.Leading, 1000, 100),
        "respaced_trailing50" => TimestepSelection.Select(TimestepSpacing.Trailing, 1000, 50),
        _ => throw new InvalidOperationException($"No selection is called {name}."),
    };

    private static long[] ForwardTimesteps => Goldens.Schedules.ReadInt64("diffusers.add_noise.t");

    private delegate T[] Noising<T>(ReadOnlySpan<T> clean, ReadOnlySpan<T> noise, double alphaBar);

    private static double[] Forward<T>(Noising<T> process)
        where T : struct, IFloatingPointIeee754<T>
    {
        var suffix = typeof(T) == typeof(float) ? "f32" : "f64";
        var (clean, noise) = (Rows($"diffusers.add_noise.x0.{suffix}"), Rows($"diffusers.add_noise.noise.{suffix}"));
        return [.. ForwardTimesteps.SelectMany((t, row) => process(clean[row], noise[row], Linear.AlphaBars[(int)t])).Select(value => double.CreateTruncating(value))];

        T[][] Rows(string tensor) => [.. Read(tensor).Select(value => T.CreateTruncating(value)).Chunk(AnalyticModel.Elements)];
    }

    /// <summary>The timesteps at which the sampler that is diffusers' scheduler asks the network.</summary>
    private static async Task<double[]> TimestepsAskedForAsync(string scheduler, string spacing, int steps)
    {
        var (name, options) = scheduler switch
        {
            "ddim" => ("ddim", []),
            "ddpm" => ("ddpm", []),
            "dpmsolver_multistep" => ("dpm-solver++-2m", []),
            "unipc_multistep" => ("unipc", []),
            "euler_discrete" => ("euler", []),
            "heun_discrete" => ("heun", []),
            "pndm" => ("pndm", new[] { KeyValuePair.Create("runge_kutta_start", (object?)true) }),
            _ => throw new InvalidOperationException($"No sampler is {scheduler}."),
        };
        var definition = SamplerCatalog.Find(name)!;
        var values = definition.Resolve([KeyValuePair.Create("spacing", (object?)spacing), .. options], out var violations);
        violations.ShouldBeEmpty();
        var sampler = definition.Create<double>(Linear, steps, values);
        var asked = new List<double>();
        var state = sampler.Start([1]);
        while (state.Step < sampler.Steps)
        {
            state = await sampler.StepAsync(
                state,
                (x, timestep, _) =>
                {
                    asked.Add(timestep);
                    return ValueTask.FromResult(new double[x.Length]);
                },
                new PhiloxNoise(0, 0),
                TestContext.Current.CancellationToken);
        }

        return [.. asked];
    }
}
