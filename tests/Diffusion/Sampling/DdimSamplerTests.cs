using CsCheck;

namespace Ddpm.Diffusion.Tests.Sampling;

public sealed class DdimSamplerTests
{
    [Fact]
    public async Task EtaOne_OnAllTimesteps_IsDdpmWithThePosteriorsVariance()
    {
        await Gen.Select(Gen.Enum<BetaScheduleKind>(), Gen.Int[2, 60], Gen.ULong).SampleAsync(
            async (kind, timesteps, seed) =>
            {
                var schedule = new NoiseSchedule(new NoiseScheduleOptions(kind, timesteps, 0.001, 0.3));
                var noise = new PhiloxNoise(seed, 0);
                var start = new double[AnalyticModel.Elements];
                noise.Fill<double>(start, 0, NoiseUse.Initial);
                Sampler<double> ddim = new DdimSampler<double>(schedule, timesteps, new DdimOptions { Eta = 1, Thresholding = null });
                Sampler<double> ddpm = new DdpmSampler<double>(schedule, timesteps, new DdpmOptions { Thresholding = null });
                var (a, b) = (ddim.Start(start), ddpm.Start(start));
                while (a.Step < timesteps)
                {
                    a = await ddim.StepAsync(a, AnalyticModel.Of<double>(schedule), noise, CancellationToken.None);
                    b = await ddpm.StepAsync(b, AnalyticModel.Of<double>(schedule), noise, CancellationToken.None);
                    a.X.ShouldBeCloseTo(b.X, 1e-8, $"{kind}, T = {timesteps}, after step {a.Step}");
                }
            },
            iter: 40);
    }

    [Fact]
    public async Task EtaZero_AnyNoiseSource_IsTheSame()
    {
        var schedule = new NoiseSchedule(new NoiseScheduleOptions());
        var noise = new RecordedNoise(0);
        Sampler<double> sampler = new DdimSampler<double>(schedule, 20, new DdimOptions());
        var state = sampler.Start(noise.Start<double>());

        while (state.Step < sampler.Steps)
            state = await sampler.StepAsync(state, AnalyticModel.Of<double>(schedule), noise, TestContext.Current.CancellationToken);

        noise.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Clipped_WithMoreAndMoreSteps_ConvergesAsAnOdeSolverDoes()
    {
        var schedule = new NoiseSchedule(new NoiseScheduleOptions());

        var (coarse, medium, fine) = (await EndAsync(125), await EndAsync(250), await EndAsync(500));

        // First order: half the step, half the distance. Clipping that leaves ε as it is moves x_t at every step, however short.
        var (far, near) = (Distance(coarse, medium), Distance(medium, fine));
        far.ShouldBeGreaterThan(0);
        near.ShouldBeLessThan(0.7 * far);

        async Task<double[]> EndAsync(int steps)
        {
            // So narrow that it clips most of the way.
            Sampler<double> sampler = new DdimSampler<double>(schedule, steps, new DdimOptions { Thresholding = new Thresholding.Clip(0.3) });
            var noise = new PhiloxNoise(3, 0);
            var start = new double[AnalyticModel.Elements];
            noise.Fill<double>(start, 0, NoiseUse.Initial);
            var state = sampler.Start(start);
            while (state.Step < steps)
                state = await sampler.StepAsync(state, AnalyticModel.Of<double>(schedule), noise, TestContext.Current.CancellationToken);
            return state.X;
        }

        static double Distance(double[] a, double[] b) => Math.Sqrt(a.Zip(b, (x, y) => (x - y) * (x - y)).Sum());
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void Eta_OutOfRange_IsRefused(double eta) =>
        Should.Throw<ArgumentException>(() => new DdimSampler<float>(new NoiseSchedule(new NoiseScheduleOptions()), 10, new DdimOptions { Eta = eta }))
            .Message.ShouldContain("0 … 1");
}
