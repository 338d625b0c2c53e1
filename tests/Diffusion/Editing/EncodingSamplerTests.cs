using CsCheck;
using Ddpm.Diffusion.Tests.Sampling;
using static Ddpm.Diffusion.Tests.Editing.EditedTrajectories;

namespace Ddpm.Diffusion.Tests.Editing;

public sealed class EncodingSamplerTests
{
    private static readonly double[][] Images = Mixture.Draw(16, seed: 5);

    [Fact]
    public async Task StepAsync_OneImage_ComesBack()
    {
        await Gen.Int[0, Images.Length - 1].SampleAsync(
            async which => Distance((await EndAsync(Sampler(500, [Images[which]]))).X, Images[which]).ShouldBeLessThan(0.1), iter: 16);
    }

    [Fact]
    public async Task StepAsync_TwoImages_GoFromTheOneToTheOther()
    {
        var (first, second) = (Images[0], Images[1]);

        Distance((await EndAsync(Sampler(500, [first, second], 0))).X, first).ShouldBeLessThan(0.1);
        Distance((await EndAsync(Sampler(500, [first, second], 1))).X, second).ShouldBeLessThan(0.1);
        var between = (await EndAsync(Sampler(500, [first, second], 0.5))).X;
        Distance(between, first).ShouldBeGreaterThan(0.2);
        Distance(between, second).ShouldBeGreaterThan(0.2);
    }

    [Fact]
    public async Task StepAsync_CutAnywhere_EndsInTheSameBits()
    {
        var sampler = Sampler(10, [Images[0], Images[1]], 0.3);

        for (var cut = 0; cut <= sampler.Steps; cut++)
            await ShouldContinueBitForBitAsync(sampler, sampler.Start(new double[AnalyticModel.Elements]), cut);
    }

    [Fact]
    public async Task Steps_OfBothPhases_AreCountedAndGoUpAndDown()
    {
        var sampler = Sampler(4, [Images[0], Images[1]], 0.5);

        sampler.Steps.ShouldBe(12);
        Enumerable.Range(0, 13).Select(sampler.TimestepAt).ShouldBe([249, 249, 499, 749, 999, 249, 499, 749, 999, 749, 499, 249, 0]);
        sampler.AlphaBarAt(0).ShouldBe(1);
        sampler.AlphaBarAt(4).ShouldBe(Schedule.AlphaBars[999]);
        sampler.AlphaBarAt(12).ShouldBe(1);
        (await EndAsync(sampler)).Evaluations.ShouldBe(12);
    }

    [Fact]
    public void Sampler_NoImageOrAWeightOutOfRange_IsRefused()
    {
        Should.Throw<ArgumentException>(() => Sampler(4, [])).Message.ShouldContain("one or two");
        Should.Throw<ArgumentException>(() => Sampler(4, [Images[0], Images[1]], 1.5)).Message.ShouldContain("0 … 1");
    }

    private static Task<SamplerState<double>> EndAsync(Sampler<double> sampler) => RunAsync(sampler, sampler.Start(new double[AnalyticModel.Elements]));

    private static EncodingSampler<double> Sampler(int steps, double[][] images, double weight = 0) =>
        new(new DdimInversion<double>(Schedule, steps, TimestepSpacing.Trailing), Unclipped("ddim", steps), images, weight);
}
