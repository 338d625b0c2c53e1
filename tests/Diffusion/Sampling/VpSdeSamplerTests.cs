using CsCheck;

namespace Ddpm.Diffusion.Tests.Sampling;

public sealed class VpSdeSamplerTests
{
    [Fact]
    public void TimeOf_AnyAlphaBar_IsTheInverseOfAlphaBar() => Gen.Select(Gen.Double[0.01, 1], Gen.Double[1, 30], Gen.Double[1e-6, 1]).Sample((min, max, time) =>
    {
        var sde = VpSde.Of(min, max);
        sde.TimeOf(sde.AlphaBar(time)).ShouldBe(time, 1e-8);
    });

    [Theory]
    [InlineData(1000, 1e-4, 0.02)]
    [InlineData(500, 2e-4, 0.04)]
    public void TimestepAt_ScheduleThatIsTheSdeInTSteps_IsScoreSdesLabel(int timesteps, double betaStart, double betaEnd)
    {
        var schedule = new NoiseSchedule(new NoiseScheduleOptions(BetaScheduleKind.Linear, timesteps, betaStart, betaEnd));
        var sampler = new VpSdeSampler<float>(schedule, 11, new VpSdeOptions { EndTime = 0.1 });

        sampler.TimestepAt(0).ShouldBe(timesteps - 1);
        sampler.TimestepAt(5).ShouldBe(0.55 * (timesteps - 1), 1e-9);
        sampler.TimestepAt(10).ShouldBe(0.1 * (timesteps - 1), 1e-9);
    }

    [Fact]
    public void TimestepAt_AnyOtherSchedule_IsWhereThatScheduleHasTheSameAlphaBar()
    {
        var kinds = Gen.Enum<BetaScheduleKind>().Where(kind => kind != BetaScheduleKind.Linear);
        Gen.Select(kinds, Gen.Int[10, 2000], Gen.Int[2, 100]).Sample((kind, timesteps, steps) =>
        {
            var schedule = new NoiseSchedule(new NoiseScheduleOptions(kind, timesteps));
            var sampler = new VpSdeSampler<float>(schedule, steps, new VpSdeOptions());
            for (var step = 0; step < steps; step++)
            {
                // Noise levels that the network never saw are asked for at the nearest that it did see.
                var expected = Math.Clamp(sampler.AlphaBarAt(step), schedule.AlphaBars[^1], schedule.AlphaBars[0]);
                schedule.AlphaBar(sampler.TimestepAt(step)).ShouldBe(expected, 1e-9 * expected);
            }
        });
    }

    [Fact]
    public async Task StepAsync_ManyTrajectories_HaveTheMomentsOfTheData()
    {
        // Data N(0.5, 0.2²): ε has a closed form, and so has the distribution that sampling must end in.
        const double mean = 0.5;
        const double deviation = 0.2;
        const int count = 20_000;
        var sampler = new VpSdeSampler<double>(new NoiseSchedule(new NoiseScheduleOptions()), 500, new VpSdeOptions());
        var noise = new PhiloxNoise(11, 0);
        var start = new double[count];
        noise.Fill<double>(start, 0, NoiseUse.Initial);
        var state = sampler.Start(start);
        while (state.Step < sampler.Steps)
        {
            var alphaBar = sampler.AlphaBarAt(state.Step);
            state = await sampler.StepAsync(
                state,
                (x, _, _) => ValueTask.FromResult(Array.ConvertAll(
                    x, v => Math.Sqrt(1 - alphaBar) * (v - (Math.Sqrt(alphaBar) * mean)) / ((alphaBar * deviation * deviation) + 1 - alphaBar))),
                noise,
                TestContext.Current.CancellationToken);
        }

        // Five standard errors and the discretisation error, of the order of 1/N.
        state.X.Average().ShouldBe(mean, (5 * deviation / Math.Sqrt(count)) + 0.005);
        Math.Sqrt(state.X.Average(v => (v - mean) * (v - mean))).ShouldBe(deviation, 0.01);
    }

    [Fact]
    public void Options_OutOfRange_AreRefused()
    {
        var schedule = new NoiseSchedule(new NoiseScheduleOptions());

        Should.Throw<ArgumentException>(() => new VpSdeSampler<float>(schedule, 0, new VpSdeOptions())).Message.ShouldContain("at least 1");
        Should.Throw<ArgumentException>(() => new VpSdeSampler<float>(schedule, 10, new VpSdeOptions { EndTime = 0 }))
            .Message.ShouldContain("end time is 0");
        Should.Throw<ArgumentException>(() => new VpSdeSampler<float>(schedule, 10, new VpSdeOptions { BetaMin = 30 }))
            .Message.ShouldContain("β(t) from 30 to 20");
    }
}
