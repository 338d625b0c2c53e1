using System.Globalization;
using Ddpm.Bench.Measuring;
using Ddpm.Bench.Subjects;
using Ddpm.Denoiser;

namespace Ddpm.Bench.Parts;

/// <summary>What is left when other processes want every processor: half, when all are treated alike.</summary>
internal sealed class BusyPart : IPart
{
    private const int Rows = 16;

    public string Name => "busy";

    public string Summary => "the Denoiser while other processes keep every processor busy";

    public async Task RunAsync(Report report, int rounds)
    {
        using var model = BenchModel.Cifar();
        await using var stream = await StreamedRows.StartAsync(model);
        using var thread = new OwnThread();
        using var torch = new PlainTorch(model, thread);
        var rows = Enumerable.Range(0, Rows).Select(k => new NetworkRow(model.Noise(k), 500, null)).ToArray();
        Contestant[] contestants =
        [
            new("many", () => stream.EvaluateAsync(rows)),
            new("one", () => stream.EvaluateAsync(rows[..1])),
            new("TorchSharp", () => torch.EvaluateAsync(rows[..1])),
        ];
        var (quiet, busy) = (new List<double[]>(), new List<double[]>());
        for (var i = 0; i < Math.Max(3, rounds / 4); i++)
        {
            quiet.Add(await MediansAsync(contestants));
            using var others = new BusyProcessors();
            await others.StartedAsync();
            busy.Add(await MediansAsync(contestants));
        }
        Add(0, $"{Rows} images of {model.Name}", "busy_vs_quiet");
        Add(1, $"one image of {model.Name} on all threads", "busy_vs_quiet_alone");
        Add(2, "TorchSharp, plain port, one image", null);

        void Add(int place, string what, string? key)
        {
            double[] alone = [.. quiet.Select(seconds => seconds[place])];
            double[] beside = [.. busy.Select(seconds => seconds[place])];
            report.Add(new Finding(Name, $"{what}, every processor busy", Milliseconds(beside), "nothing else running", Milliseconds(alone), Spread.OfSpeedUp(alone, beside), key));
        }
    }

    private static async Task<double[]> MediansAsync(Contestant[] contestants) =>
        [.. (await new Contest(3).RunAsync(contestants)).Select(seconds => Spread.Of(seconds).Median)];

    private static string Milliseconds(double[] seconds) => string.Create(CultureInfo.InvariantCulture, $"{1000 * Spread.Of(seconds).Median:0} ms");
}
