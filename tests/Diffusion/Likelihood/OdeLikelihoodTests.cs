using System.Numerics;

namespace Ddpm.Diffusion.Tests.Likelihood;

/// <summary>score_sde's <c>get_likelihood_fn</c>, and the closed form.</summary>
public sealed class OdeLikelihoodTests
{
    private const string File = "score_sde";

    private static readonly double[] Images = Goldens.ScoreSde.ReadFloat64("nll/data");
    private static readonly int Count = Images.Length / AnalyticModel.Elements;
    private static readonly NoiseSchedule Schedule = new(new NoiseScheduleOptions());

    /// <summary>Each has a test of its own.</summary>
    public static IReadOnlyList<string> Runs { get; } = ["nll.exactdiv", "nll.hutchinson.f32", "nll.hutchinson.f64"];

    [Fact]
    public async Task EvaluateAsync_WithTheExactDivergence_IsScoreSdes()
    {
        var recorded = Goldens.Run(File, "nll.exactdiv");
        var found = await Replay<double>("nll.exactdiv", probes: 0);
        found.LogLikelihood.ShouldBeCloseTo(Goldens.ScoreSde.ReadFloat64("nll.exactdiv/logp"), 1e-9, "log p");
        found.Latent.ShouldBeCloseTo(Goldens.ScoreSde.ReadFloat64("nll.exactdiv/z"), 1e-9, "z");
        found.Evaluations.ShouldBe(recorded.GetProperty("nfe").GetInt32() * AnalyticModel.Elements);
    }

    [Fact]
    public async Task EvaluateAsync_Hutchinson_IsScoreSdes()
    {
        const string run = "nll.hutchinson.f64";
        var found = await Replay<double>(run, probes: 1);
        Bits(found).ShouldBeCloseTo(Goldens.ScoreSde.ReadFloat64($"{run}/bpd"), 1e-9, "bits a dimension");
        found.Latent.ShouldBeCloseTo(Goldens.ScoreSde.ReadFloat64($"{run}/z"), 1e-9, "z");
        found.Evaluations.ShouldBe(Goldens.Run(File, run).GetProperty("nfe").GetInt32());
    }

    [Fact]
    public async Task EvaluateAsync_HutchinsonInSinglePrecision_IsAsNearAsScoreSdes()
    {
        var found = await Replay<float>("nll.hutchinson.f32", probes: 1);
        ShouldBeAsNear(Bits(found), "bpd");
        ShouldBeAsNear([.. found.Latent.Select(value => (double)value)], "z");

        static void ShouldBeAsNear(double[] found, string tensor)
        {
            var single = Goldens.ScoreSde.ReadFloat64($"nll.hutchinson.f32/{tensor}");
            var exact = Goldens.ScoreSde.ReadFloat64($"nll.hutchinson.f64/{tensor}");
            found.ShouldBeCloseTo(single, 3 * single.Zip(exact, (a, b) => Math.Abs(a - b)).Max(), tensor);
        }
    }

    /// <summary>With β to 40 nothing is left of the image at time 1: the prior is N(0, I) to the last digits.</summary>
    [Fact]
    public async Task EvaluateAsync_OfTheMixture_IsItsLogDensity()
    {
        var schedule = new NoiseSchedule(new NoiseScheduleOptions(BetaEnd: 0.04));
        var likelihood = new OdeLikelihood<double>(schedule, new LikelihoodOptions { BetaMax = 40, Tolerance = 1e-7, Probes = 0, Images = Count });
        var found = await likelihood.EvaluateAsync(
            Images, Model<double>(label => Math.Exp((-0.5 * label / 999 * label / 999 * 39.9) - (0.1 * label / 999))), new PhiloxNoise(1, 0), null, Cancellation);
        found.LogLikelihood.ShouldBeCloseTo(Goldens.ScoreSde.ReadFloat64("nll/logp_exact_t0"), 1e-3, "log p");
    }

    [Fact]
    public async Task EvaluateAsync_ProbesOfAnySeed_EstimateTheExactOneWithoutBias()
    {
        var exact = await Evaluate(new LikelihoodOptions { Probes = 0, Images = Count }, new PhiloxNoise(1, 0));
        var estimates = new List<IReadOnlyList<double>>();
        for (var seed = 0UL; seed < 200; seed++)
            estimates.Add((await Evaluate(new LikelihoodOptions { Probes = 2, Images = Count }, new PhiloxNoise(seed, 0))).LogLikelihood);

        for (var image = 0; image < Count; image++)
        {
            var mean = estimates.Average(e => e[image]);
            var error = Math.Sqrt(estimates.Sum(e => Math.Pow(e[image] - mean, 2)) / (estimates.Count - 1) / estimates.Count);
            mean.ShouldBe(exact.LogLikelihood[image], (4 * error) + 1e-3);
        }
    }

    [Fact]
    public async Task EvaluateAsync_NaN_SaysAtWhichTimestep()
    {
        var calls = 0;
        var model = Model<double>(AnalyticModel.VpAlphaBar);
        var diverged = await Should.ThrowAsync<SamplerDivergedException>(() => new OdeLikelihood<double>(Schedule, new LikelihoodOptions { Images = Count }).EvaluateAsync(
            Images,
            async (x, timestep, vector, cancellation) =>
            {
                var (noise, product) = await model(x, timestep, vector, cancellation);
                if (++calls == 9)
                    product[3] = double.NaN;
                return (noise, product);
            },
            new PhiloxNoise(1, 0),
            null,
            Cancellation));
        diverged.Timestep.ShouldBeInRange(0, 999);
        diverged.Message.ShouldContain("element 3");
    }

    [Fact]
    public async Task EvaluateAsync_Cancelled_EndsAtOnce()
    {
        using var cancel = new CancellationTokenSource();
        var reached = new List<double>();
        var progress = new Reached(time =>
        {
            reached.Add(time);
            if (reached.Count == 10)
                cancel.Cancel();
        });
        await Should.ThrowAsync<OperationCanceledException>(() => new OdeLikelihood<double>(Schedule, new LikelihoodOptions { Images = Count }).EvaluateAsync(
            Images, Model<double>(AnalyticModel.VpAlphaBar), new PhiloxNoise(1, 0), progress, cancel.Token));
        reached.Count.ShouldBe(10);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static Task<ImageLikelihood<T>> Replay<T>(string run, int probes)
        where T : struct, IFloatingPointIeee754<T>
    {
        var recorded = Goldens.Run(File, run);
        var options = new LikelihoodOptions
        {
            StartTime = recorded.GetProperty("eps").GetDouble(),
            Tolerance = recorded.GetProperty("rtol").GetDouble(),
            Probes = probes,
            Images = Count,
        };
        return new OdeLikelihood<T>(Schedule, options).EvaluateAsync(
            [.. Images.Select(T.CreateTruncating)], Model<T>(AnalyticModel.VpAlphaBar), new RecordedSigns(), null, Cancellation);
    }

    private static Task<ImageLikelihood<double>> Evaluate(LikelihoodOptions options, INoiseSource noise) =>
        new OdeLikelihood<double>(Schedule, options).EvaluateAsync(Images, Model<double>(AnalyticModel.VpAlphaBar), noise, null, Cancellation);

    private static double[] Bits<T>(ImageLikelihood<T> found) => [.. Enumerable.Range(0, Count).Select(image => found.BitsPerDimension(image))];

    private static VectorJacobianModel<T> Model<T>(Func<double, double> alphaBarOf)
        where T : struct, IFloatingPointIeee754<T> => (x, timestep, vector, _) =>
    {
        var alphaBar = alphaBarOf(timestep);
        return ValueTask.FromResult((
            RecordedBatch.Epsilon(x, alphaBar),
            x.Chunk(AnalyticModel.Elements).Zip(vector.Chunk(AnalyticModel.Elements), (row, v) => AnalyticModel.Product<T>(row, v, alphaBar)).SelectMany(row => row).ToArray()));
    };

    private sealed class RecordedSigns : INoiseSource
    {
        public void Fill<T>(Span<T> destination, int step, NoiseUse use)
            where T : struct, IFloatingPointIeee754<T>
        {
            (step, use).ShouldBe((0, NoiseUse.Probe));
            var bits = Goldens.ScoreSde.ReadInt64("nll/rademacher_bits");
            for (var i = 0; i < destination.Length; i++)
                destination[i] = T.CreateTruncating((2 * bits[i]) - 1);
        }
    }

    private sealed class Reached(Action<double> report) : IProgress<double>
    {
        public void Report(double value) => report(value);
    }
}
