namespace Ddpm.Diffusion.Tests.Sampling;

public sealed class ThresholdingTests
{
    [Fact]
    public void Clip_ValuesOutOfRange_AreMovedToItsEnds()
    {
        double[] denoised = [-2, -0.8, 0.3, 0.81, 5];

        new Thresholding.Clip(0.8).Apply<double>(denoised);

        denoised.ShouldBe([-0.8, -0.8, 0.3, 0.8, 0.8]);
    }

    [Fact]
    public void Dynamic_LargeValues_AreScaledByTheQuantile()
    {
        // |x| sorted: 0, 1, 2, 3, 4; the quantile 0.625 lies halfway between 2 and 3.
        double[] denoised = [4, -3, 2, -1, 0];

        new Thresholding.Dynamic(0.625, 10).Apply<double>(denoised);

        denoised.ShouldBe([1, -1, 0.8, -0.4, 0]);
    }

    [Fact]
    public void Dynamic_QuantileOutOfRange_IsHeldBetweenOneAndTheMaximum()
    {
        double[] small = [0.5, -0.25];
        double[] large = [8, -1];

        new Thresholding.Dynamic(1, 10).Apply<double>(small);
        new Thresholding.Dynamic(1, 4).Apply<double>(large);

        small.ShouldBe([0.5, -0.25]);
        large.ShouldBe([1, -0.25]);
    }
}
