using System.Diagnostics;
using System.Globalization;
using Ddpm.Bench.Measuring;
using Ddpm.Bench.Subjects;
using Ddpm.V1;

namespace Ddpm.Bench.Parts;

/// <summary>Many jobs at once: what they get done together, and what the steps of one that somebody waits for take meanwhile.</summary>
internal sealed class ConcurrencyPart : IPart
{
    private const int Steps = 10;
    private const int InteractiveJobs = 6;

    public string Name => "concurrency";

    public string Summary => "1 to 32 jobs at once, mixed samplers, and an interactive job under bulk load";

    public async Task RunAsync(Report report, int rounds)
    {
        using var model = BenchModel.Cifar();
        await using var cluster = await Cluster.StartAsync(model);
        using var meters = new ServiceMeters();
        var few = Math.Max(3, rounds / 4);

        foreach (var jobs in (int[])[2, 4, 8, 16, 32])
        {
            var (together, oneByOne, steps, occupancy) = await MeasureAsync(cluster, meters, jobs, few);
            report.Add(new Finding(
                Name,
                $"{jobs} jobs of one image at once",
                Rate(jobs, together),
                "one after the other",
                Rate(1, oneByOne),
                Spread.OfSpeedUp([.. oneByOne.Select(s => s * jobs)], together),
                Detail: string.Create(CultureInfo.InvariantCulture, $"a step p50 {1000 * Spread.Quantile(steps, 0.5):0} ms, p99 {1000 * Spread.Quantile(steps, 0.99):0} ms, {100 * occupancy:0} % of the processors")));
        }

        var seconds = await new Contest(few).RunAsync(
            new("one job", () => cluster.Client.RunAsync(Jobs.Of(cluster, "ddim", Steps, count: 16))),
            new("sixteen jobs", () => AtOnceAsync(cluster, 16, _ => "ddim")),
            new("mixed", () => AtOnceAsync(cluster, 16, i => (i % 3) switch { 0 => "ddim", 1 => "ddpm", _ => "vp-sde" })));
        report.Add(new Finding(
            Name, "16 jobs of one image", Rate(16, seconds[1]), "one job of 16 images", Rate(16, seconds[0]), Spread.OfSpeedUp(seconds[0], seconds[1]), "concurrent16_vs_batch16"));
        report.Add(new Finding(
            Name, "16 jobs of DDIM, DDPM and VP-SDE", Rate(16, seconds[2]), "16 jobs of DDIM", Rate(16, seconds[1]), Spread.OfSpeedUp(seconds[1], seconds[2]), "mixed16_vs_same16"));

        await UnderBulkAsync(report, cluster, meters);
    }

    private static async Task<(double[] Together, double[] OneByOne, double[] Steps, double Occupancy)> MeasureAsync(
        Cluster cluster, ServiceMeters meters, int jobs, int rounds)
    {
        var steps = new List<double>();
        double threadSeconds = 0, wall = 0;
        var seconds = await new Contest(rounds).RunAsync(
            new("one", () => AtOnceAsync(cluster, 1, _ => "ddim")),
            new("many", async () =>
            {
                meters.Reset();
                var began = Stopwatch.GetTimestamp();
                await AtOnceAsync(cluster, jobs, _ => "ddim");
                wall += Stopwatch.GetElapsedTime(began).TotalSeconds;
                threadSeconds += meters.ThreadSeconds;
                steps.AddRange(meters.InteractiveSteps);
            }));
        return (seconds[1], seconds[0], [.. steps.Order()], threadSeconds / wall / Environment.ProcessorCount);
    }

    private async Task UnderBulkAsync(Report report, Cluster cluster, ServiceMeters meters)
    {
        await AtOnceAsync(cluster, 1, _ => "ddim");
        var idle = await StepsAsync();
        using var ended = new CancellationTokenSource();
        var bulk = Enumerable.Range(0, 2).Select(_ => BulkAsync(cluster, ended.Token)).ToList();
        await AtOnceAsync(cluster, 1, _ => "ddim");
        var loaded = await StepsAsync();
        await ended.CancelAsync();
        await Task.WhenAll(bulk);
        var (quiet, busy) = (Spread.Quantile(idle, 0.99), Spread.Quantile(loaded, 0.99));
        report.Add(new Finding(
            Name,
            "p99 of an interactive step beside 2 bulk jobs of 16 images",
            string.Create(CultureInfo.InvariantCulture, $"{1000 * busy:0} ms"),
            "nothing else running",
            string.Create(CultureInfo.InvariantCulture, $"{1000 * quiet:0} ms"),
            new Spread(quiet / busy, quiet / busy, quiet / busy),
            "interactive_p99_idle_vs_bulk",
            string.Create(CultureInfo.InvariantCulture, $"p50 {1000 * Spread.Quantile(loaded, 0.5):0} ms")));

        async Task<double[]> StepsAsync()
        {
            meters.Reset();
            for (var i = 0; i < InteractiveJobs; i++)
                await AtOnceAsync(cluster, 1, _ => "ddim");
            return meters.InteractiveSteps;
        }
    }

    private static async Task BulkAsync(Cluster cluster, CancellationToken ended)
    {
        while (!ended.IsCancellationRequested)
            await cluster.Client.RunAsync(Jobs.Of(cluster, "ddim", Steps, count: 16, priority: Priority.Bulk));
    }

    private static Task AtOnceAsync(Cluster cluster, int jobs, Func<int, string> sampler) =>
        Task.WhenAll(Enumerable.Range(0, jobs).Select(i => cluster.Client.RunAsync(Jobs.Of(cluster, sampler(i), Steps, count: 1, seed: (ulong)i))));

    private static string Rate(int images, double[] seconds) =>
        string.Create(CultureInfo.InvariantCulture, $"{images / Spread.Of(seconds).Median:0.00} images/s");
}
