using static TorchSharp.torch;

namespace Ddpm.Trainer.Evaluation;

public sealed class DiscretizedGaussianTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(0.1, 0.3)]
    [InlineData(-0.99, 0.01)]
    [InlineData(3, 2)]
    public void LogProbability_OfAllBytes_AddsUpToOne(double mean, double deviation)
    {
        var pixels = arange(256, dtype: float64) / 127.5 - 1;

        var logarithms = DiscretizedGaussian.LogProbability(pixels, tensor(mean, float64), tensor(deviation, float64));

        logarithms.exp().sum().item<double>().ShouldBe(1, tolerance: 1e-12);
    }

    /// <summary>The density integrated by Simpson's rule over the interval of byte 140.</summary>
    [Fact]
    public void LogProbability_OfAByte_IsTheIntegralOfTheDensity()
    {
        const double pixel = 140 / 127.5 - 1, mean = -0.2, deviation = 0.07;
        static double Density(double x) => Math.Exp(-Math.Pow((x - mean) / deviation, 2) / 2) / (deviation * Math.Sqrt(2 * Math.PI));
        var integral = Enumerable.Range(0, 1001)
            .Sum(i => (i is 0 or 1000 ? 1 : i % 2 == 1 ? 4 : 2) * Density(pixel + (i - 500) / 500.0 / 255)) * (2 / 255.0 / 1000 / 3);

        LogProbability(pixel, mean, deviation).ShouldBe(Math.Log(integral), tolerance: 1e-9);
    }

    /// <summary>Thirty deviations out on either side: ln p follows the tail of the normal distribution, φ(z)/z (1 − 1/z² + 3/z⁴).</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void LogProbability_FarFromTheMean_KeepsItsDigits(int side)
    {
        const double deviation = 0.01;
        var edge = 0.3 / deviation;
        var tail = -edge * edge / 2 - Math.Log(edge * Math.Sqrt(2 * Math.PI)) + Math.Log(1 - 1 / (edge * edge) + 3 / Math.Pow(edge, 4));

        // The interval's far end adds e^(−edge·(2/255)/σ) of that, 1e-10.
        LogProbability(side * (0.3 + 1 / 255.0), 0, deviation).ShouldBe(tail, tolerance: 1e-5);
    }

    [Fact]
    public void LogProbability_BeyondWhatADoubleHolds_IsFinite() => LogProbability(0.9, -0.9, 0.001).ShouldBe(-708.4, tolerance: 0.1);

    private static double LogProbability(double pixel, double mean, double deviation) =>
        DiscretizedGaussian.LogProbability(tensor(pixel, float64), tensor(mean, float64), tensor(deviation, float64)).item<double>();
}
