using CsCheck;

namespace Ddpm.Diffusion.Tests.Schedules;

public sealed class NoiseScheduleTests
{
    [Fact]
    public void AlphaBar_AtFractionalTimestep_InterpolatesSigma()
    {
        var schedule = new NoiseSchedule(new NoiseScheduleOptions());
        Gen.Double[0, 998.999].Sample(timestep =>
        {
            var below = (int)timestep;
            var (low, high) = (Sigma(schedule.AlphaBars[below]), Sigma(schedule.AlphaBars[below + 1]));
            Sigma(schedule.AlphaBar(timestep)).ShouldBe(low + ((timestep - below) * (high - low)), 1e-9 * high);
        });
        schedule.AlphaBar(999).ShouldBe(schedule.AlphaBars[999]);
        schedule.AlphaBar(0).ShouldBe(schedule.AlphaBars[0]);

        static double Sigma(double alphaBar) => Math.Sqrt((1 - alphaBar) / alphaBar);
    }

    [Fact]
    public void TimestepOf_AnyAlphaBar_IsTheInverseOfAlphaBar()
    {
        Gen.Select(Gen.Enum<BetaScheduleKind>(), Gen.Int[2, 300], Gen.Double[0, 1]).Sample((kind, timesteps, fraction) =>
        {
            var schedule = new NoiseSchedule(new NoiseScheduleOptions(kind, timesteps));
            var timestep = fraction * (timesteps - 1);
            schedule.TimestepOf(schedule.AlphaBar(timestep)).ShouldBe(timestep, 1e-6);
        });
    }

    [Fact]
    public void TimestepOf_BeyondTheSchedule_IsItsNearestEnd()
    {
        var schedule = new NoiseSchedule(new NoiseScheduleOptions());

        schedule.TimestepOf(1).ShouldBe(0);
        schedule.TimestepOf(1e-9).ShouldBe(999);
        Should.Throw<ArgumentOutOfRangeException>(() => schedule.TimestepOf(0));
        Should.Throw<ArgumentOutOfRangeException>(() => schedule.TimestepOf(1.1));
        Should.Throw<ArgumentOutOfRangeException>(() => schedule.TimestepOf(double.NaN));
    }

    [Theory]
    [InlineData(-0.001)]
    [InlineData(999.001)]
    [InlineData(double.NaN)]
    public void AlphaBar_OutsideOfTheSchedule_IsRefused(double timestep) =>
        Should.Throw<ArgumentOutOfRangeException>(() => new NoiseSchedule(new NoiseScheduleOptions()).AlphaBar(timestep)).Message.ShouldContain("0 … 999");

    [Theory]
    [InlineData(BetaScheduleKind.Linear, 1, 1e-4, 0.02, "1 timesteps")]
    [InlineData(BetaScheduleKind.Linear, 1000, 0, 0.02, "β from 0 to 0.02")]
    [InlineData(BetaScheduleKind.Sigmoid, 1000, 0.02, 0.01, "0 < start ≤ end < 1")]
    [InlineData(BetaScheduleKind.ScaledLinear, 1000, 1e-4, 1, "0 < start ≤ end < 1")]
    [InlineData(BetaScheduleKind.Linear, 1000, double.NaN, 0.02, "β from NaN")]
    [InlineData((BetaScheduleKind)99, 1000, 1e-4, 0.02, "99 is not a kind")]
    public void Schedule_OptionOutOfRange_SaysWhich(BetaScheduleKind kind, int timesteps, double betaStart, double betaEnd, string message) =>
        Should.Throw<ArgumentException>(() => new NoiseSchedule(new NoiseScheduleOptions(kind, timesteps, betaStart, betaEnd))).Message.ShouldContain(message);
}
