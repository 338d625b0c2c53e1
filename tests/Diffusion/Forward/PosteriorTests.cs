using CsCheck;

namespace Ddpm.Diffusion.Tests.Forward;

public sealed class PosteriorTests
{
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
}
