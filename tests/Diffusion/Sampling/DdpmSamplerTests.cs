namespace Ddpm.Diffusion.Tests.Sampling;

public sealed class DdpmSamplerTests
{
    private static readonly NoiseSchedule Schedule = new(new NoiseScheduleOptions());

    [Theory]
    [InlineData(0, DdpmVariance.FixedSmall)]
    [InlineData(1, DdpmVariance.FixedLarge)]
    public async Task Variance_InterpolatedToAnEnd_IsThatOne(double v, DdpmVariance variance)
    {
        var interpolated = await EndAsync(new DdpmOptions { Variance = DdpmVariance.Interpolated, Interpolation = v });

        interpolated.ShouldBe(await EndAsync(new DdpmOptions { Variance = variance }));
    }

    [Fact]
    public void Variance_InterpolatedBeyondTheEnds_IsRefused() =>
        Should.Throw<ArgumentException>(() => new DdpmSampler<double>(Schedule, 20, new DdpmOptions { Interpolation = 1.1 })).Message.ShouldContain("0 … 1");

    [Theory]
    [InlineData(0, DdpmVariance.FixedSmall)]
    [InlineData(0.5, DdpmVariance.Interpolated)]
    [InlineData(1, DdpmVariance.FixedLarge)]
    public async Task Variance_LearnedToBeTheSameEverywhere_IsThatOne(double v, DdpmVariance variance)
    {
        var learned = await EndAsync(new DdpmOptions { Variance = DdpmVariance.Learned }, Answering(_ => v));

        learned.ShouldBeCloseTo(await EndAsync(new DdpmOptions { Variance = variance }), 1e-12, $"v = {v}");
    }

    [Fact]
    public async Task Variance_Learned_IsEachPixelsOwn()
    {
        // Equation 15, by differences of two steps from one state: with z and without it.
        var sampler = new DdpmSampler<double>(Schedule, 20, new DdpmOptions { Variance = DdpmVariance.Learned });
        var noise = new PhiloxNoise(3, 0);
        var (x, z) = (new double[AnalyticModel.Elements], new double[AnalyticModel.Elements]);
        noise.Fill<double>(x, 0, NoiseUse.Initial);
        noise.Fill<double>(z, 4, NoiseUse.Step);
        var state = sampler.Start(x) with { Step = 4 };

        var next = await sampler.StepAsync(state, AnalyticModel.WithVariance<double>(Schedule), noise, TestContext.Current.CancellationToken);
        var mean = await sampler.StepAsync(state, AnalyticModel.WithVariance<double>(Schedule), new Silence(), TestContext.Current.CancellationToken);

        var (alphaBar, before) = (sampler.AlphaBarAt(4), sampler.AlphaBarAt(5));
        var beta = 1 - (alphaBar / before);
        var small = (1 - before) / (1 - alphaBar) * beta;
        for (var i = 0; i < x.Length; i++)
        {
            var v = 1 / (1 + Math.Exp(-x[i]));
            (next.X[i] - mean.X[i]).ShouldBe(Math.Exp(0.5 * ((v * Math.Log(beta)) + ((1 - v) * Math.Log(small)))) * z[i], 1e-12);
        }
        next.Denoised.ShouldBe(mean.Denoised);
    }

    [Fact]
    public async Task Variance_LearnedOfAModelWithoutOne_IsRefused() =>
        (await Should.ThrowAsync<InvalidOperationException>(() => EndAsync(new DdpmOptions { Variance = DdpmVariance.Learned }))).Message.ShouldContain("no variance");

    [Fact]
    public async Task Variance_LearnedAndNotFinite_EndsTheTrajectory() =>
        (await Should.ThrowAsync<SamplerDivergedException>(() => EndAsync(new DdpmOptions { Variance = DdpmVariance.Learned }, Answering(_ => double.NaN)))).Step.ShouldBe(0);

    private static EpsilonModel<double> Answering(Func<double, double> variance) =>
        (x, timestep, _) => ValueTask.FromResult<double[]>([.. AnalyticModel.Epsilon<double>(x, Schedule.AlphaBar(timestep)), .. x.Select(variance)]);

    private static async Task<double[]> EndAsync(DdpmOptions options, EpsilonModel<double>? model = null) =>
        (await new DdpmSampler<double>(Schedule, 20, options).RunAsync(model ?? AnalyticModel.Of<double>(Schedule), new PhiloxNoise(3, 0))).X;

    /// <summary>No noise at all.</summary>
    private sealed class Silence : INoiseSource
    {
        public void Fill<T>(Span<T> destination, int step, NoiseUse use)
            where T : struct, System.Numerics.IFloatingPointIeee754<T> => destination.Clear();
    }
}
