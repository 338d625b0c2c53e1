using Ddpm.V1;

namespace Ddpm.Denoiser.Tests;

public sealed class ExactModeTests
{
    [Fact]
    public async Task PredictNoise_InExactMode_GivesARowTheSameBitsAmongAnyNeighbours()
    {
        await using var host = await DenoiserHost.StartAsync("Workers=2");
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

    [Fact]
    public async Task PredictNoise_InExactMode_GivesTheSameBitsWithOneWorkerAndWithTwo()
    {
        await using var one = await DenoiserHost.StartAsync("Workers=1");
        await using var two = await DenoiserHost.StartAsync("Workers=2");
        var rows = Enumerable.Range(0, 16).Select(Neighbour).ToArray();

        var byOne = await one.PredictAsync(await one.PublishGoldenAsync(), rows);
        var byTwo = await two.PredictAsync(await two.PublishGoldenAsync(), rows);

        byTwo.ShouldBe(byOne);
    }

    [Fact]
    public async Task PredictNoise_OfGuidedRowInExactMode_GivesTheSameBitsAmongAnyNeighbours()
    {
        await using var host = await DenoiserHost.StartAsync("Workers=2");
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
