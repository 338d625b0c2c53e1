using Ddpm.V1;

namespace Ddpm.Denoiser.Tests;

/// <summary>Either engine on a CPU: ONNX Runtime as it is, Torch a row at a time.</summary>
public sealed class ExactModeTests
{
    [Theory]
    [InlineData("onnx")]
    [InlineData("torch")]
    public async Task PredictNoise_InExactMode_GivesARowTheSameBitsAmongAnyNeighbours(string engine)
    {
        await using var host = await DenoiserHost.StartAsync("Workers=2", $"Engine={engine}");
        var version = await host.PublishGoldenAsync();
        var row = Golden.Instance.Row(1);
        var alone = (await host.PredictAsync(version, row))[0];

        foreach (var place in new[] { 0, 13, 31 })
        {
            var rows = Enumerable.Range(0, 32).Select(Neighbour).ToArray();
            rows[place] = row;
            (await host.PredictAsync(version, rows))[place].ShouldBe(alone);
        }
    }

    [Theory]
    [InlineData("onnx")]
    [InlineData("torch")]
    public async Task PredictNoise_InExactMode_GivesTheSameBitsWithOneWorkerAndWithTwo(string engine)
    {
        await using var one = await DenoiserHost.StartAsync("Workers=1", $"Engine={engine}");
        await using var two = await DenoiserHost.StartAsync("Workers=2", $"Engine={engine}");
        var rows = Enumerable.Range(0, 16).Select(Neighbour).ToArray();

        var byOne = await one.PredictAsync(await one.PublishGoldenAsync(), rows);
        var byTwo = await two.PredictAsync(await two.PublishGoldenAsync(), rows);

        byTwo.ShouldBe(byOne);
    }

    [Theory]
    [InlineData("onnx")]
    [InlineData("torch")]
    public async Task PredictNoise_OfGuidedRowInExactMode_GivesTheSameBitsAmongAnyNeighbours(string engine)
    {
        await using var host = await DenoiserHost.StartAsync("Workers=2", $"Engine={engine}");
        var version = await host.PublishConditionalAsync();
        NoiseRow Guided(int i)
        {
            var row = Neighbour(i);
            row.ClassLabel = i % 3;
            row.GuidanceScale = 2 + i;
            return row;
        }
        var alone = (await host.PredictAsync(version, Guided(5)))[0];

        (await host.PredictAsync(version, [.. Enumerable.Range(0, 12).Select(Guided)]))[5].ShouldBe(alone);
    }

    private static NoiseRow Neighbour(int i) => new()
    {
        X = Golden.Encode([.. Golden.Instance.X[i % Golden.Instance.Rows].Select(x => x * (1 + i / 8f))]),
        Timestep = 31 * i + 0.25,
    };
}
