using Ddpm.Diffusion.Tests.Sampling;
using static Ddpm.Diffusion.Tests.Editing.EditedTrajectories;

namespace Ddpm.Diffusion.Tests.Editing;

public sealed class NoisedStartTests
{
    public static TheoryData<string> Names => [.. SamplerCatalog.All.Select(definition => definition.Name)];

    [Theory]
    [InlineData(50, 1, 0)]
    [InlineData(50, 0.5, 25)]
    [InlineData(50, 0.499, 26)]
    [InlineData(50, 0.001, 49)]
    [InlineData(1, 0.5, 0)]
    public void StepOf_AnyStrength_LeavesThatShareOfTheStepsAndAtLeastOne(int steps, double strength, int expected) =>
        NoisedStart.StepOf(steps, strength).ShouldBe(expected);

    [Theory]
    [InlineData(0)]
    [InlineData(1.01)]
    [InlineData(double.NaN)]
    public void StepOf_StrengthOutOfRange_IsRefused(double strength) =>
        Should.Throw<ArgumentException>(() => NoisedStart.StepOf(50, strength)).Message.ShouldContain("above 0");

    /// <summary>What is left of the image decides at low strength, and the noise alone at the highest.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public async Task Of_LittleAndMuchStrength_IsNearTheImageAndFarFromIt(string name)
    {
        var sampler = Unclipped(name, 100);
        var images = Mixture.Draw(20, seed: 3);

        (await MeanDistanceAsync(0.1)).ShouldBeLessThan(1);
        (await MeanDistanceAsync(1)).ShouldBeGreaterThan(2);

        async Task<double> MeanDistanceAsync(double strength)
        {
            var distances = new List<double>();
            for (var k = 0; k < images.Length; k++)
                distances.Add(Distance(images[k], (await RunAsync(sampler, NoisedStart.Of(sampler, images[k], strength, new PhiloxNoise(1, k)), k)).X));
            return distances.Average();
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task StepAsync_CutAndResumed_EndsInTheSameBits(string name)
    {
        var sampler = Unclipped(name, 30);
        var start = NoisedStart.Of(sampler, Mixture.Draw(1, seed: 4)[0], 0.6, new PhiloxNoise(1, 0));

        start.Step.ShouldBe(12);
        foreach (var cut in new[] { 12, 13, 15, 29 })
            await ShouldContinueBitForBitAsync(sampler, start, cut);
    }
}
