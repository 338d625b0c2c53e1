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

    private static async Task<double[]> EndAsync(DdpmOptions options) =>
        (await new DdpmSampler<double>(Schedule, 20, options).RunAsync(AnalyticModel.Of<double>(Schedule), new PhiloxNoise(3, 0))).X;
}
