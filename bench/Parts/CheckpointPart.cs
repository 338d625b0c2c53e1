using System.Globalization;
using Ddpm.Bench.Measuring;
using Ddpm.Bench.Subjects;

namespace Ddpm.Bench.Parts;

/// <summary>What it costs that a job loses three seconds at most when its process dies.</summary>
internal sealed class CheckpointPart : IPart
{
    private const int Steps = 50;

    public string Name => "checkpoints";

    public string Summary => "a job whose trajectories are written down every three seconds against one without";

    public async Task RunAsync(Report report, int rounds)
    {
        var few = Math.Max(3, rounds / 4);
        using (var shipped = BenchModel.Shipped())
            await RunAsync(report, few, shipped, images: 64, "shipped_checkpointed_vs_not");
        using var cifar = BenchModel.Cifar();
        await RunAsync(report, few, cifar, images: 4, "checkpointed_vs_not");
    }

    private async Task RunAsync(Report report, int rounds, BenchModel model, int images, string key)
    {
        await using var checkpointed = await Cluster.StartAsync(model);
        await using var not = await Cluster.StartAsync(model, settings: ("Orchestrator:CheckpointInterval", "01:00:00"));
        using var meters = new ServiceMeters();
        List<double> took = [];
        var seconds = await new Contest(rounds).RunAsync(
            new("not", () => RunAsync(not, images)),
            new("checkpointed", async () =>
            {
                meters.Reset();
                await RunAsync(checkpointed, images);
                took.AddRange(meters.Checkpoints);
            }));
        var (with, without) = (Spread.Of(seconds[1]), Spread.Of(seconds[0]));
        report.Add(new Finding(
            Name,
            $"job of {images} images of {model.Name}, {Steps} steps",
            Seconds(with),
            "without checkpoints but the last",
            Seconds(without),
            Spread.OfSpeedUp(seconds[0], seconds[1]),
            key,
            string.Create(CultureInfo.InvariantCulture, $"a checkpoint is written in {1000 * Spread.Of([.. took]).Median:0.0} ms beside the steps")));
    }

    private static Task RunAsync(Cluster cluster, int images) => cluster.Client.RunAsync(Jobs.Of(cluster, "ddim", Steps, images));

    private static string Seconds(Spread spread) => string.Create(CultureInfo.InvariantCulture, $"{spread.Median:0.0} s");
}
