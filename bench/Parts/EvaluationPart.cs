using System.Globalization;
using Ddpm.Bench.Measuring;
using Ddpm.Bench.Subjects;
using Ddpm.Denoiser;
using Ddpm.Networks;
using Microsoft.Extensions.Options;

namespace Ddpm.Bench.Parts;

/// <summary>One evaluation of one image, and of many, by libraries as they are used plainly and by the Denoiser.</summary>
internal sealed class EvaluationPart : IPart
{
    private const double Timestep = 500;
    private const int ManyRows = 16;

    public string Name => "evaluation";

    public string Summary => "one evaluation: TorchSharp and ONNX Runtime used plainly, the Denoiser's engines, the machine's matrix product";

    public async Task RunAsync(Report report, int rounds)
    {
        using var shipped = BenchModel.Shipped();
        await RunAsync(report, rounds, shipped, keyed: false);
        using var cifar = BenchModel.Cifar();
        await RunAsync(report, rounds, cifar, keyed: true);
    }

    private async Task RunAsync(Report report, int rounds, BenchModel model, bool keyed)
    {
        using var thread = new OwnThread();
        using var torch = new PlainTorch(model, thread);
        using var onnx = new PlainOnnx(model);
        using var engine = new OnnxEngine(Options.Create(new DenoiserOptions())).Load(model.Folder);
        var torchEngine = new TorchEngine(Options.Create(new DenoiserOptions { Device = DeviceChoice.Cpu }));
        torchEngine.PrepareThread();
        using var torchNetwork = torchEngine.Load(model.Folder);
        await using var stream = await StreamedRows.StartAsync(model);
        using var product = new MatrixProduct(thread);
        var rows = Enumerable.Range(0, ManyRows).Select(k => new NetworkRow(model.Noise(k), Timestep, model.Config.NullClassEmbed)).ToArray();

        var seconds = await new Contest(rounds).RunAsync(
            new("TorchSharp", () => torch.EvaluateAsync(rows[..1])),
            new("ONNX Runtime", Synchronously(() => onnx.Evaluate(rows[..1]))),
            new("engine", Synchronously(() => engine.Evaluate(rows[..1], spread: true))),
            new("Denoiser", () => stream.EvaluateAsync(rows[..1])),
            new("matrix product", product.RunAsync));
        var (plainTorch, plainOnnx, ours, denoiser, matrix) = (seconds[0], seconds[1], seconds[2], seconds[3], seconds[4]);
        var operations = (double)UNetCost.FloatingPointOperations(model.Config);
        Add($"engine, one image of {model.Name}", ours, "TorchSharp, plain port", plainTorch, "evaluation_vs_plain_torchsharp");
        Add($"engine, one image of {model.Name}", ours, "ONNX Runtime, plain export", plainOnnx, "evaluation_vs_plain_onnxruntime");
        report.Add(new Finding(
            Name, $"engine, {operations / 1e9:0.0} GFLOP of {model.Name}", Rate(operations, ours), "matrix product", Rate(MatrixProduct.Operations, matrix),
            Spread.OfSpeedUp(matrix, ours).Times(operations / MatrixProduct.Operations), keyed ? "evaluation_vs_gemm" : null));
        Add($"Denoiser over its stream, one image of {model.Name}", denoiser, "its engine alone", ours, null);

        seconds = await new Contest(Math.Max(3, rounds / 2)).RunAsync(
            new("TorchSharp", () => torch.EvaluateAsync(rows)),
            new("ONNX Runtime", Synchronously(() => onnx.Evaluate(rows))),
            new("TorchSharp engine", () => OnAllThreadsAsync(torchNetwork, torchEngine, rows, 1)),
            new("batches of 1", () => OnAllThreadsAsync(engine, null, rows, 1)),
            new("batches of 2", () => OnAllThreadsAsync(engine, null, rows, 2)),
            new("batches of 4", () => OnAllThreadsAsync(engine, null, rows, 4)),
            new("batches of 8", () => OnAllThreadsAsync(engine, null, rows, 8)),
            new("Denoiser", () => stream.EvaluateAsync(rows)));
        var best = Enumerable.Range(0, seconds[0].Length).Select(round => seconds[3..7].Min(batch => batch[round])).ToArray();
        Add($"TorchSharp engine, {ManyRows} images of {model.Name} alone", seconds[2], "TorchSharp, plain port, one batch", seconds[0], keyed ? "torch_engine_vs_plain_torchsharp" : null, ManyRows);
        Add($"Denoiser, {ManyRows} images of {model.Name}", seconds[7], "TorchSharp, plain port, one batch", seconds[0], keyed ? "batch16_vs_plain_torchsharp" : null, ManyRows);
        Add($"Denoiser, {ManyRows} images of {model.Name}", seconds[7], "ONNX Runtime, plain export, one batch", seconds[1], keyed ? "batch16_vs_plain_onnxruntime" : null, ManyRows);
        Add($"Denoiser, exact, {ManyRows} images of {model.Name}", seconds[7], "the fastest of all batch sizes", best, keyed ? "exact_vs_best_batched" : null, ManyRows);

        void Add(string what, double[] own, string against, double[] other, string? key, int images = 1) => report.Add(new Finding(
            Name, what, Milliseconds(own, images), against, Milliseconds(other, images), Spread.OfSpeedUp(other, own), keyed ? key : null));
    }

    /// <summary>Evaluates batches on as many threads as there are processors, each with every so-manieth batch.</summary>
    private static Task OnAllThreadsAsync(IDenoisingNetwork network, IDenoisingEngine? engine, NetworkRow[] rows, int batch)
    {
        var batches = rows.Chunk(batch).ToArray();
        return Task.WhenAll(Enumerable.Range(0, Environment.ProcessorCount).Select(thread => Task.Factory.StartNew(
            () =>
            {
                engine?.PrepareThread();
                for (var i = thread; i < batches.Length; i += Environment.ProcessorCount)
                    network.Evaluate(batches[i]);
            },
            TaskCreationOptions.LongRunning)));
    }

    private static Func<Task> Synchronously(Action action) => () =>
    {
        action();
        return Task.CompletedTask;
    };

    private static string Milliseconds(double[] seconds, int images) =>
        string.Create(CultureInfo.InvariantCulture, $"{1000 * Spread.Of(seconds).Median / images:0.00} ms{(images > 1 ? " an image" : "")}");

    private static string Rate(double operations, double[] seconds) =>
        string.Create(CultureInfo.InvariantCulture, $"{operations / Spread.Of(seconds).Median / 1e9:0} GFLOP/s");
}
