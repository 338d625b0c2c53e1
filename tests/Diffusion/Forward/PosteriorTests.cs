using CsCheck;

namespace Ddpm.Diffusion.Tests.Forward;

public sealed class PosteriorTests
{
    // diffusers keeps variances from being 0.
    private const double LeastVariance = 1e-20;

    [Fact]
    public void Between_AnyTwoNoiseLevels_IsBayesRuleForGaussians()
    {
        Gen.Select(Gen.Double[0.001, 0.98], Gen.Double[0.01, 0.99], Gen.Double[-3, 3], Gen.Double[-1, 1]).Sample((alphaBar, fraction, noisy, clean) =>
        {
            var targetAlphaBar = alphaBar + (fraction * (1 - alphaBar));

            var posterior = Posterior.Between(alphaBar, targetAlphaBar);

            // q(x_s | x_t, x_0) ∝ N(x_t; √α x_s, β) N(x_s; √ᾱ_s x_0, 1−ᾱ_s): precisions add up, means are weighted by them.
            var alpha = alphaBar / targetAlphaBar;
            var precision = (alpha / (1 - alpha)) + (1 / (1 - targetAlphaBar));
            var mean = ((Math.Sqrt(alpha) / (1 - alpha) * noisy) + (Math.Sqrt(targetAlphaBar) / (1 - targetAlphaBar) * clean)) / precision;
            posterior.Variance.ShouldBe(1 / precision, 1e-12);
            ((posterior.CleanFactor * clean) + (posterior.NoisyFactor * noisy)).ShouldBe(mean, 1e-11);
            posterior.Beta.ShouldBe(1 - alpha, 1e-15);
        });
    }

    [Fact]
    public void Between_ToTheCleanImage_IsTheCleanImage()
    {
        var posterior = Posterior.Between(0.3, 1);

        posterior.CleanFactor.ShouldBe(1, 1e-15);
        posterior.NoisyFactor.ShouldBe(0);
        posterior.Variance.ShouldBe(0);
    }

    [Theory]
    [InlineData("improved.linear.T1000", BetaScheduleKind.Linear)]
    [InlineData("improved.cosine.T1000", BetaScheduleKind.Cosine)]
    public void Between_NeighbouringTimesteps_IsThatOfImprovedDiffusion(string name, BetaScheduleKind kind)
    {
        var posteriors = Neighbouring(kind);

        posteriors.Select(p => p.CleanFactor).ToArray()
            .ShouldBeRelativelyCloseTo(Goldens.Schedules.ReadFloat64($"{name}.posterior_mean_coef1.f64"), 1e-9, name);
        posteriors.Select(p => p.NoisyFactor).ToArray()
            .ShouldBeRelativelyCloseTo(Goldens.Schedules.ReadFloat64($"{name}.posterior_mean_coef2.f64"), 1e-9, name);
        posteriors.Select(p => p.Variance).ToArray()
            .ShouldBeRelativelyCloseTo(Goldens.Schedules.ReadFloat64($"{name}.posterior_variance.f64"), 1e-9, name);
    }

    [Theory]
    [InlineData("diffusers.linear", BetaScheduleKind.Linear)]
    [InlineData("diffusers.squaredcos_cap_v2", BetaScheduleKind.Cosine)]
    public void Between_NeighbouringTimesteps_HasTheVariancesOfDiffusers(string name, BetaScheduleKind kind)
    {
        var posteriors = Neighbouring(kind);
        var small = posteriors.Select(p => Math.Max(LeastVariance, p.Variance)).ToArray();
        var large = posteriors.Select(p => p.Beta).ToArray();

        small.ShouldBeRelativelyCloseTo(Goldens.Schedules.ReadFloat64($"{name}.variance_fixed_small.f64"), 1e-9, name);
        large.ShouldBeRelativelyCloseTo(Goldens.Schedules.ReadFloat64($"{name}.variance_fixed_large.f64"), 1e-9, name);
        // What is recorded under these two names are a standard deviation and a logarithm.
        small.Select(variance => Math.Sqrt(variance)).ToArray()
            .ShouldBeRelativelyCloseTo(Goldens.Schedules.ReadFloat64($"{name}.variance_fixed_small_log.f64"), 1e-9, name);
        large.Select(beta => Math.Log(beta)).ToArray()
            .ShouldBeRelativelyCloseTo(Goldens.Schedules.ReadFloat64($"{name}.variance_fixed_large_log.f64"), 1e-9, name);
    }

    [Theory]
    [InlineData("leading", TimestepSpacing.Leading, 50)]
    [InlineData("leading", TimestepSpacing.Leading, 100)]
    [InlineData("trailing", TimestepSpacing.Trailing, 50)]
    public void Between_RespacedTimesteps_HasTheVariancesOfDiffusers(string spacing, TimestepSpacing selection, int steps)
    {
        var name = $"diffusers.linear.respaced_{spacing}{steps}";
        var schedule = new NoiseSchedule(new NoiseScheduleOptions());
        var timesteps = TimestepSelection.Select(selection, 1000, steps);
        var posteriors = timesteps
            .Select((t, i) => Posterior.Between(schedule.AlphaBars[t], i == steps - 1 ? 1 : schedule.AlphaBars[timesteps[i + 1]]))
            .ToArray();

        timesteps.Select(t => (long)t).ShouldBe(Goldens.Schedules.ReadInt64($"{name}.timesteps"));
        posteriors.Select(p => Math.Max(LeastVariance, p.Variance)).ToArray()
            .ShouldBeRelativelyCloseTo(Goldens.Schedules.ReadFloat64($"{name}.variance_fixed_small.f64"), 1e-9, name);
        posteriors.Select(p => p.Beta).ToArray()
            .ShouldBeRelativelyCloseTo(Goldens.Schedules.ReadFloat64($"{name}.variance_fixed_large.f64"), 1e-9, name);
    }

    private static Posterior[] Neighbouring(BetaScheduleKind kind)
    {
        var alphaBars = new NoiseSchedule(new NoiseScheduleOptions(kind)).AlphaBars;
        return [.. Enumerable.Range(0, alphaBars.Length).Select(t => Posterior.Between(alphaBars[t], t == 0 ? 1 : alphaBars[t - 1]))];
    }
}
