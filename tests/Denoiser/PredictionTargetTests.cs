namespace Ddpm.Denoiser.Tests;

/// <summary>The golden network's output, taken for v or x_0 instead of ε.</summary>
public sealed class PredictionTargetTests
{
    [Fact]
    public async Task PredictNoise_OfVPrediction_AnswersEpsilonInClosedForm()
    {
        await using var host = await DenoiserHost.StartAsync();
        var version = await host.PublishGoldenAsync("v_prediction");

        for (var row = 0; row < Golden.Instance.Rows; row++)
        {
            var alphaBar = AlphaBar(Golden.Instance.Timesteps[row]);
            var expected = Golden.Instance.Epsilon[row].Zip(Golden.Instance.X[row], (v, x) => Math.Sqrt(alphaBar) * v + Math.Sqrt(1 - alphaBar) * x);

            Close.LargestDifference((await host.PredictAsync(version, Golden.Instance.Row(row)))[0], expected).ShouldBeLessThan(1e-5);
        }
    }

    [Fact]
    public async Task PredictNoise_OfSamplePrediction_AnswersEpsilonInClosedForm()
    {
        await using var host = await DenoiserHost.StartAsync();
        var version = await host.PublishGoldenAsync("sample");

        for (var row = 0; row < Golden.Instance.Rows; row++)
        {
            var alphaBar = AlphaBar(Golden.Instance.Timesteps[row]);
            var expected = Golden.Instance.Epsilon[row].Zip(Golden.Instance.X[row], (x0, x) => (x - Math.Sqrt(alphaBar) * x0) / Math.Sqrt(1 - alphaBar));

            // At t = 0 a rounding error of x_0 is divided by √(1−ᾱ_0) = 0.01.
            var tolerance = 2e-6 * Math.Max(1, Math.Sqrt(alphaBar / (1 - alphaBar))) + 1e-5;
            Close.LargestDifference((await host.PredictAsync(version, Golden.Instance.Row(row)))[0], expected).ShouldBeLessThan(tolerance);
        }
    }

    /// <summary>ᾱ_t = Π (1 − β_s), β linear from 1e-4 to 0.02 over 1000 timesteps (Ho et al. 2020).</summary>
    private static double AlphaBar(long t) =>
        Enumerable.Range(0, (int)t + 1).Aggregate(1.0, (product, s) => product * (1 - (1e-4 + (0.02 - 1e-4) * s / 999)));
}
