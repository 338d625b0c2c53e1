using CsCheck;

namespace Ddpm.Diffusion.Tests.Sampling;

public sealed class DdimInversionTests
{
    private static readonly NoiseSchedule Schedule = new(new NoiseScheduleOptions());

    [Fact]
    public async Task StepAsync_EncodedThenDecoded_IsTheImage()
    {
        var images = Mixture.Draw(64, seed: 11);
        await Gen.Select(Gen.Int[0, 63], Gen.Enum<TimestepSpacing>()).SampleAsync(
            async (which, spacing) => (await DistanceAsync(images[which], 1000, spacing)).ShouldBeLessThan(0.03),
            iter: 30);
    }

    [Fact]
    public async Task StepAsync_TwiceTheSteps_ComeTwiceAsClose()
    {
        var images = Mixture.Draw(16, seed: 12);
        var errors = new List<double>();
        foreach (var steps in new[] { 125, 250, 500 })
            errors.Add((await Task.WhenAll(images.Select(image => DistanceAsync(image, steps, TimestepSpacing.Leading)))).Average());
        errors[1].ShouldBeLessThan(0.65 * errors[0]);
        errors[2].ShouldBeLessThan(0.65 * errors[1]);
    }

    [Fact]
    public async Task StepAsync_ImagesOfTheData_BecomeStandardNormalNoise()
    {
        var latents = await Task.WhenAll(Mixture.Draw(300, seed: 13).Select(image => RunAsync(new DdimInversion<double>(Schedule, 1000, TimestepSpacing.Linspace), image)));
        double[] values = [.. latents.SelectMany(latent => latent)];
        values.Average().ShouldBe(0, 4.5 / Math.Sqrt(values.Length));
        values.Average(value => value * value).ShouldBe(1, 0.05);
    }

    /// <summary>The largest difference in any element.</summary>
    private static async Task<double> DistanceAsync(double[] image, int steps, TimestepSpacing spacing)
    {
        var latent = await RunAsync(new DdimInversion<double>(Schedule, steps, spacing), image);
        var decoded = await RunAsync(new DdimSampler<double>(Schedule, steps, new DdimOptions { Eta = 0, Spacing = spacing, Thresholding = null }), latent);
        return decoded.Zip(image, (a, b) => Math.Abs(a - b)).Max();
    }

    private static async Task<double[]> RunAsync(Sampler<double> sampler, double[] start) =>
        (await sampler.RunAsync(start, AnalyticModel.Of<double>(Schedule), new PhiloxNoise(0, 0))).X;
}
