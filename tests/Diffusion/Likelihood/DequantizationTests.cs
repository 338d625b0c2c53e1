namespace Ddpm.Diffusion.Tests.Likelihood;

public sealed class DequantizationTests
{
    [Fact]
    public void Of_EveryByte_LiesInItsPartAndIsSpreadEvenly()
    {
        var bytes = Enumerable.Range(0, 256).SelectMany(k => Enumerable.Repeat(k, 100)).ToArray();

        var spread = Dequantization.Of([.. bytes.Select(k => (k / 127.5f) - 1)], seed: 5, index: 0);

        // Where in its part of 1/128 each lies.
        double[] u = [.. spread.Zip(bytes, (x, k) => ((x + 1.0) * 128) - k)];
        u.ShouldAllBe(value => value >= -1e-4 && value <= 1 + 1e-4);
        u.Average().ShouldBe(0.5, 4.5 / Math.Sqrt(12.0 * u.Length));
        u.Average(value => (value - 0.5) * (value - 0.5)).ShouldBe(1 / 12.0, 0.002);
        spread.ShouldAllBe(x => x >= -1 && x <= 1);
    }

    [Fact]
    public void Of_SeedAndIndex_DecideAlone()
    {
        float[] image = [0.5f, -0.25f, 1];

        Dequantization.Of(image, 7, 1).ShouldBe(Dequantization.Of(image, 7, 1));
        Dequantization.Of(image, 7, 1).ShouldNotBe(Dequantization.Of(image, 7, 2));
        Dequantization.Of(image, 7, 1).ShouldNotBe(Dequantization.Of(image, 8, 1));
    }
}
