using Ddpm.Diffusion;
using Ddpm.Networks;
using Ddpm.Trainer.Recipes;
using Ddpm.Trainer.Training;
using static TorchSharp.torch;

namespace Ddpm.Trainer.Evaluation;

public sealed class VariationalBoundTests : IDisposable
{
    private static readonly NoiseSchedule Schedule = new(new NoiseScheduleOptions(BetaScheduleKind.Linear, 40, 0.001, 0.3));

    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    /// <summary>
    /// Pixels of mean m and variance s², and the network that is exact for N(m, s²): x̂_0 = E(x_0 | x_t) is linear in x_t, so that
    /// E (x̂_0 − x_0)² = s²(1−ᾱ)/(ᾱs² + 1−ᾱ), and every term but L_0 follows from m and s alone.
    /// </summary>
    [Theory]
    [InlineData(DdpmVariance.FixedSmall)]
    [InlineData(DdpmVariance.FixedLarge)]
    public void Measure_NormalPixelsAndTheirExactNetwork_IsTheClosedForm(DdpmVariance variance)
    {
        var images = NormalBytes(64);
        var pixels = images.to(float64) / 127.5 - 1;
        var mean = pixels.mean().item<double>();
        var spread = (pixels - mean).square().mean().item<double>();
        var alphaBars = Schedule.AlphaBars;

        var bound = VariationalBound.Measure(Exact(mean, spread), Schedule, images, null, new VariationalBoundOptions { Variance = variance, ClipDenoised = false, Seed = 3 }, TestContext.Current.CancellationToken);

        var last = alphaBars[^1];
        bound.Prior.ShouldBe(0.5 * (last * (mean * mean + spread) - last - Math.Log(1 - last)) / Math.Log(2), tolerance: 1e-9);
        var expected = new double[Schedule.Timesteps];
        for (var t = 1; t < Schedule.Timesteps; t++)
        {
            // The same posterior by Bayes' rule: precisions add up.
            var beta = Schedule.Betas[t];
            var posterior = 1 / ((1 - beta) / beta + 1 / (1 - alphaBars[t - 1]));
            var model = variance == DdpmVariance.FixedSmall ? posterior : beta;
            var error = spread * (1 - alphaBars[t]) / (alphaBars[t] * spread + 1 - alphaBars[t]);
            var difference = alphaBars[t - 1] * Math.Pow(posterior / (1 - alphaBars[t - 1]), 2) * error;
            expected[t] = 0.5 * (Math.Log(model / posterior) + (posterior + difference) / model - 1) / Math.Log(2);
            bound.ByTimestep[t]!.Value.ShouldBe(expected[t], tolerance: 0.06 * expected[t]);
        }
        bound.Transitions.ShouldBe(expected.Sum(), tolerance: 0.01 * expected.Sum());
        bound.Total.ShouldBe(bound.Prior + bound.Transitions + bound.Decoder, tolerance: 1e-12);
        bound.Total.ShouldBe(bound.ByImage.Average(), tolerance: 1e-12);
    }

    /// <summary>
    /// The bound lies above the entropy of the bytes; not far above for a fine schedule, the exact network, and the variance that is right for
    /// pixels that vary by much more than the last steps' noise.
    /// </summary>
    [Fact]
    public void Measure_TheExactNetworkOfAFineSchedule_IsJustAboveTheEntropy()
    {
        var schedule = new NoiseSchedule(new NoiseScheduleOptions(BetaScheduleKind.Linear, 1000, 0.0001, 0.02));
        const double mean = 0.1, deviation = 0.25;
        var entropy = Math.Log2(deviation * 127.5 * Math.Sqrt(2 * Math.PI * Math.E));

        var bound = VariationalBound.Measure(Exact(mean, deviation * deviation, schedule), schedule, NormalBytes(20), null, new VariationalBoundOptions { Variance = DdpmVariance.FixedLarge, Every = 10, Seed = 1 }, TestContext.Current.CancellationToken);

        bound.Total.ShouldBeInRange(entropy, entropy + 0.2);
        bound.Decoder.ShouldBe(bound.ByTimestep[0]!.Value, tolerance: 1e-12);
    }

    /// <summary>An x̂_0 that is off by d whatever the noise: L_t = c²d²/2σ² exactly, so that strided terms add up to the whole over `every` images.</summary>
    [Fact]
    public void Measure_EveryFifthTermOfFiveImages_IsTheWholeSum()
    {
        const double offset = 0.05;
        var images = full([5, 1, 4, 4], 100, uint8);
        NoisePredictor off = Constant(100 / 127.5 - 1 + offset);

        var whole = VariationalBound.Measure(off, Schedule, images, null, new VariationalBoundOptions { Seed = 5 }, TestContext.Current.CancellationToken);
        var strided = VariationalBound.Measure(off, Schedule, images, null, new VariationalBoundOptions { Seed = 5, Every = 5 }, TestContext.Current.CancellationToken);

        var expected = Enumerable.Range(1, Schedule.Timesteps - 1).Sum(t =>
        {
            var posterior = Posterior.Between(Schedule.AlphaBars[t], Schedule.AlphaBars[t - 1]);
            return Math.Pow(posterior.CleanFactor * offset, 2) / (2 * posterior.Variance) / Math.Log(2);
        });
        whole.Transitions.ShouldBe(expected, tolerance: 1e-4 * expected);
        strided.Transitions.ShouldBe(expected, tolerance: 1e-4 * expected);
        strided.ByImage.Distinct().Count().ShouldBe(5, "each takes other terms");
        strided.ByTimestep.ShouldAllBe(term => term != null);
    }

    [Fact]
    public void Measure_DenoisedBeyondWhite_IsClippedToWhite()
    {
        var white = full([2, 1, 4, 4], 255, uint8);

        VariationalBound.Measure(Constant(1.5), Schedule, white, null, null, TestContext.Current.CancellationToken).Transitions.ShouldBe(0, tolerance: 1e-12);
        VariationalBound.Measure(Constant(1.5), Schedule, white, null, new VariationalBoundOptions { ClipDenoised = false }, TestContext.Current.CancellationToken).Transitions.ShouldBeGreaterThan(1);
    }

    [Fact]
    public void Measure_OtherBatchSizes_GivesEachImageTheSameFigure()
    {
        var images = NormalBytes(5);

        var together = VariationalBound.Measure(Exact(0, 0.1), Schedule, images, null, new VariationalBoundOptions { Seed = 2, Every = 3 }, TestContext.Current.CancellationToken);
        var apart = VariationalBound.Measure(Exact(0, 0.1), Schedule, images, null, new VariationalBoundOptions { Seed = 2, Every = 3, BatchSize = 2 }, TestContext.Current.CancellationToken);

        foreach (var (a, b) in together.ByImage.Zip(apart.ByImage))
            a.ShouldBe(b, tolerance: 1e-12);
    }

    /// <summary>A checkpoint that predicts v or x_0 is, read as such, the same predictor of noise.</summary>
    [Theory]
    [InlineData("v_prediction")]
    [InlineData("sample")]
    public void Of_ACheckpointWithAnotherTarget_FollowsItsDefinition(string target)
    {
        using var source = Checkpoint.Load(Path.Combine(AppContext.BaseDirectory, "goldens/unet_tiny"));
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "model");
        Checkpoint.Save(path, source.Network, source.Scheduler with { PredictionType = target }, source.Index);
        using var checkpoint = Checkpoint.Load(path);
        var size = source.Network.Config.SampleSize!.Value.Height;
        using var generator = new Generator(1);
        var noisy = randn([2, source.Network.Config.InChannels, size, size], generator: generator);
        var timesteps = tensor(new long[] { 3, 700 });
        var output = source.Network.forward(noisy, timesteps, null).detach().to(float64);

        var noise = NetworkNoise.Of(checkpoint)(noisy, timesteps, null);

        // ε is right when the definition of the target gives the output back: v = √ᾱ ε − √(1−ᾱ) x̂_0, with x̂_0 of x_t and ε.
        var alphaBar = tensor(new[] { 3, 700 }.Select(t => NoiseSchedules.Of(source.Scheduler).AlphaBars[t]).ToArray()).reshape(2, 1, 1, 1);
        var denoised = (noisy - (1 - alphaBar).sqrt() * noise) / alphaBar.sqrt();
        var back = target == "sample" ? denoised : alphaBar.sqrt() * noise - (1 - alphaBar).sqrt() * denoised;
        (back - output).abs().max().item<double>().ShouldBeLessThan(1e-4);
    }

    /// <summary>
    /// A network that answers −1 for its variance everywhere has the smallest, β̃_t and β̃_1 for the decoder, as a fixed variance has; +1 is the
    /// largest, β_t.
    /// </summary>
    [Theory]
    [InlineData(-1, DdpmVariance.FixedSmall)]
    [InlineData(1, DdpmVariance.FixedLarge)]
    public void Measure_ACheckpointThatLearnedAnEndOfTheRange_HasTheTermsOfThatVariance(float output, DdpmVariance variance)
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "model");
        var config = Recipe.Parse(TinyData.LearnedRangeRecipe).Network with { NumClassEmbeds = null, NullClassEmbed = null };
        using (var network = new UNet2DModel(config, seed: 3))
        {
            using (no_grad())
            {
                network.get_parameter("conv_out.weight")![1].zero_();
                network.get_parameter("conv_out.bias")![1].fill_(output);
            }
            Checkpoint.Save(path, network, new SchedulerConfig { NumTrainTimesteps = 40, BetaStart = 0.001, BetaEnd = 0.3, VarianceType = SchedulerConfig.LearnedRange }, ModelIndex.Unconditional);
        }
        using var checkpoint = Checkpoint.Load(path);
        var images = NormalBytes(2)[.., .., ..8, ..8];

        var shares = new Shares();
        var learned = VariationalBound.Measure(checkpoint, images, null, new VariationalBoundOptions { Seed = 4 }, shares, TestContext.Current.CancellationToken);
        var fixedOne = VariationalBound.Measure(NetworkNoise.Of(checkpoint), Schedule, images, null, new VariationalBoundOptions { Seed = 4, Variance = variance }, TestContext.Current.CancellationToken);

        learned.Transitions.ShouldBe(fixedOne.Transitions, tolerance: 1e-6 * fixedOne.Transitions);
        if (variance == DdpmVariance.FixedSmall)
            learned.Decoder.ShouldBe(fixedOne.Decoder, tolerance: 1e-6 * fixedOne.Decoder);
        else
            learned.Decoder.ShouldNotBe(fixedOne.Decoder);
        shares.Reported.ShouldBe(Enumerable.Range(1, 40).Select(round => round / 40.0), tolerance: 1e-12);
    }

    [Fact]
    public void Measure_WhatBreaksARule_IsRefused()
    {
        var images = NormalBytes(2);

        Should.Throw<ArgumentException>(() => VariationalBound.Measure(Constant(0), Schedule, images.to(float32))).Message.ShouldContain("uint8");
        Should.Throw<ArgumentException>(() => VariationalBound.Measure(Constant(0), Schedule, images, zeros([3], int64))).Message.ShouldContain("[2]");
        Should.Throw<ArgumentException>(() => VariationalBound.Measure(Constant(0), Schedule, images, null, new VariationalBoundOptions { Every = 40 })).Message.ShouldContain("1 … 39");
    }

    private sealed class Shares : IProgress<double>
    {
        public List<double> Reported { get; } = [];

        public void Report(double value) => Reported.Add(value);
    }

    /// <summary>Images of 16×16 bytes, of N(0.1, 0.25²) rounded.</summary>
    private static Tensor NormalBytes(int count)
    {
        using var generator = new Generator(9);
        return ((randn([count, 1, 16, 16], dtype: float64, generator: generator) * 0.25 + 1.1) * 127.5).round().clamp(0, 255).to(uint8);
    }

    /// <summary>ε of x̂_0 = E(x_0 | x_t) = m + √ᾱ s² (x_t − √ᾱ m) / (ᾱ s² + 1−ᾱ).</summary>
    private static NoisePredictor Exact(double mean, double variance, NoiseSchedule? schedule = null) => Predictor(schedule ?? Schedule, (noisy, alphaBar) =>
        mean + alphaBar.sqrt() * variance * (noisy - alphaBar.sqrt() * mean) / (alphaBar * variance + 1 - alphaBar));

    private static NoisePredictor Constant(double clean) => Predictor(Schedule, (_, alphaBar) => full_like(alphaBar, clean));

    private static NoisePredictor Predictor(NoiseSchedule schedule, Func<Tensor, Tensor, Tensor> denoise) => (noisy, timesteps, _) =>
    {
        var alphaBar = tensor(schedule.AlphaBars.ToArray()).index_select(0, timesteps).reshape(-1, 1, 1, 1);
        var x = noisy.to(float64);
        return (x - alphaBar.sqrt() * denoise(x, alphaBar)) / (1 - alphaBar).sqrt();
    };
}
