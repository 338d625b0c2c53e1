namespace Ddpm.Diffusion.Tests.Sampling;

/// <summary>
/// With the exact ε of a mixture every sampler must end in that mixture: weights, means and variances of its components within 4.5 standard errors of 2,000
/// samples, of which one right sampler in a thousand would be farther off in any, and the energy distance to samples of the mixture itself no larger than
/// 99 of 100 random divisions of both have.
/// </summary>
public sealed class MixtureStatisticsTests
{
    private const int Count = 2000;

    /// <summary>As fine as lets the error of the steps vanish behind the chance of the samples.</summary>
    private static readonly NoiseSchedule Schedule = new(new NoiseScheduleOptions(Timesteps: 4000, BetaStart: 0.1 / 4000, BetaEnd: 20.0 / 4000));

    public static TheoryData<string> Names => [.. SamplerCatalog.All.Select(definition => definition.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Sampler_WithTheExactModel_EndsInItsDistribution(string name)
    {
        var definition = SamplerCatalog.Find(name)!;
        var options = OptionsOf(definition);
        var samples = new double[Count][];
        await Parallel.ForAsync(0, Count, TestContext.Current.CancellationToken, async (n, _) =>
        {
            var sampler = definition.Create<double>(Schedule, StepsOf(definition), options);
            samples[n] = (await sampler.RunAsync(AnalyticModel.Of<double>(Schedule), new PhiloxNoise(5, n))).X;
        });
        samples.ShouldBeOfTheMixture();
    }

    [Fact]
    public void Draw_Samples_AreOfTheMixture() => Mixture.Draw(Count, seed: 3).ShouldBeOfTheMixture();

    [Fact]
    public void EnergyTest_OfSamplesWithLessSpread_TellsThemApart()
    {
        var samples = Mixture.Draw(1000, seed: 3);
        double[][] narrow = [.. Mixture.Draw(1000, seed: 4).Select(x => x.Select(value => value * 0.9).ToArray())];
        Mixture.EnergyTest(samples, narrow, permutations: 199, seed: 1).ShouldBeLessThan(0.01);
    }

    /// <summary>The mixture's images lie beyond black and white, and where there is little noise its components are narrow.</summary>
    private static SamplerOptionValues OptionsOf(SamplerDefinition definition) => definition.Resolve(
        definition.Options.Where(option => option.Name is ThresholdingOptions.Clip or SpacingOption.Name).Select(option => KeyValuePair.Create<string, object?>(
            option.Name,
            option is ChoiceSamplerOption spacing ? spacing.Choices.Any(choice => choice.Value == "karras") ? "karras" : "linspace" : false)),
        out _);

    private static int StepsOf(SamplerDefinition definition) => Math.Min(definition.StepLimit(Schedule), definition.DefaultSteps switch
    {
        < 50 => 200,
        50 => 1000,
        _ => 4000,
    });
}
