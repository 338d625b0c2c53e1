using CsCheck;
using Ddpm.V1;

namespace Ddpm.Denoiser.Tests;

public sealed class GuidanceTests
{
    [Theory]
    [InlineData(0.5f)]
    [InlineData(3f)]
    [InlineData(30f)]
    public async Task PredictNoise_WithGuidance_MovesFromUnconditionalPastConditional(float scale)
    {
        await using var host = await DenoiserHost.StartAsync();
        var version = await host.PublishConditionalAsync();

        var epsilon = await host.PredictAsync(version, Row(null, null), Row(1, null), Row(1, scale));

        var expected = epsilon[0].Zip(epsilon[1], (none, one) => none + scale * ((double)one - none));
        Close.LargestDifference(epsilon[0], epsilon[1]).ShouldBeGreaterThan(1e-3, "the class must make a difference");
        Close.LargestDifference(epsilon[2], expected).ShouldBeLessThan(1e-5 * (1 + scale));
    }

    [Fact]
    public async Task PredictNoise_WithGuidanceScaleOne_EqualsNoGuidance()
    {
        await using var host = await DenoiserHost.StartAsync();
        var version = await host.PublishConditionalAsync();

        await Gen.Select(Gen.Float[-4, 4].Array[Golden.Elements], Gen.Double[0, 999], Gen.Int[0, 2]).SampleAsync(
            async (x, timestep, label) =>
            {
                var row = new NoiseRow { X = Golden.Encode(x), Timestep = timestep, ClassLabel = label };
                var guided = row.Clone();
                guided.GuidanceScale = 1;

                var epsilon = await host.PredictAsync(version, row, guided);

                epsilon[1].ShouldBe(epsilon[0]);
            },
            iter: 50);
    }

    [Fact]
    public async Task PredictNoise_WithGuidanceScaleZero_EqualsUnconditional()
    {
        await using var host = await DenoiserHost.StartAsync();
        var version = await host.PublishConditionalAsync();

        var epsilon = await host.PredictAsync(version, Row(null, null), Row(2, 0));

        epsilon[1].ShouldBe(epsilon[0]);
    }

    private static NoiseRow Row(int? label, float? scale)
    {
        var row = Golden.Instance.Row(2);
        if (label is not null)
            row.ClassLabel = label.Value;
        if (scale is not null)
            row.GuidanceScale = scale.Value;
        return row;
    }
}
