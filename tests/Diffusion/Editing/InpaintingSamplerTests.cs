using Ddpm.Diffusion.Tests.Sampling;
using static Ddpm.Diffusion.Tests.Editing.EditedTrajectories;

namespace Ddpm.Diffusion.Tests.Editing;

public sealed class InpaintingSamplerTests
{
    private static readonly bool[] UpperHalf = [.. Enumerable.Range(0, AnalyticModel.Elements).Select(i => i < AnalyticModel.Elements / 2)];

    public static TheoryData<string> Names => [.. SamplerCatalog.All.Select(definition => definition.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task StepAsync_AnySampler_EndsWithTheKnownPixelsAndContinuesBitForBit(string name)
    {
        var known = Mixture.Draw(1, seed: 6)[0];
        var sampler = new InpaintingSampler<double>(Unclipped(name, 25), known, UpperHalf, resamplings: 2);

        var end = await RunAsync(sampler, sampler.Start(InitialNoise(0)));

        end.Step.ShouldBe(25);
        end.X.Where((_, i) => UpperHalf[i]).ShouldBe(known.Where((_, i) => UpperHalf[i]));
        end.X.ShouldAllBe(value => double.IsFinite(value));
        await ShouldContinueBitForBitAsync(sampler, sampler.Start(InitialNoise(0)), cut: 12);
    }

    /// <summary>Four pixels of a component's mean leave no doubt which one it is. A single pass finds out too late, resampling in time (there, section 4.2).</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task StepAsync_Resampling_MakesWhatFitsTheKnown(int component)
    {
        var plain = await ShareThatFitsAsync(component, resamplings: 1);
        var resampled = await ShareThatFitsAsync(component, resamplings: 10);

        resampled.ShouldBeGreaterThan(0.8);
        resampled.ShouldBeGreaterThan(plain + 0.15);
    }

    [Fact]
    public async Task StepAsync_Resamplings_AreThatManyEvaluationsAStep()
    {
        var sampler = new InpaintingSampler<double>(Unclipped("ddpm", 20), new double[AnalyticModel.Elements], UpperHalf, resamplings: 3);

        (await RunAsync(sampler, sampler.Start(InitialNoise(0)))).Evaluations.ShouldBe(60);
    }

    [Fact]
    public void Sampler_MaskOfAnotherSizeOrNoStep_IsRefused()
    {
        var sampler = Unclipped("ddpm", 20);
        Should.Throw<ArgumentException>(() => new InpaintingSampler<double>(sampler, new double[4], new bool[5])).Message.ShouldContain("4 elements");
        Should.Throw<ArgumentException>(() => new InpaintingSampler<double>(sampler, new double[4], new bool[4], 0)).Message.ShouldContain("at least once");
    }

    /// <summary>Of 300 images whose first four pixels are those of a component's mean: how many are of that component.</summary>
    private static async Task<double> ShareThatFitsAsync(int component, int resamplings)
    {
        const int images = 300;
        var mean = AnalyticModel.Means[(component * AnalyticModel.Elements)..((component + 1) * AnalyticModel.Elements)];
        var sampler = new InpaintingSampler<double>(Unclipped("ddpm", 50), mean, [.. mean.Select((_, i) => i < 4)], resamplings);
        var fit = 0.0;
        for (var n = 0; n < images; n++)
        {
            var made = (await RunAsync(sampler, sampler.Start(InitialNoise(n)), n)).X;
            var (shares, _) = AnalyticModel.Components<double>(made, alphaBar: 1);
            fit += shares[component] == shares.Max() ? 1 : 0;
        }

        return fit / images;
    }
}
