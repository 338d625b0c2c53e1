using System.Globalization;
using Ddpm.Bench.Measuring;
using Ddpm.Bench.Subjects;

namespace Ddpm.Bench.Parts;

/// <summary>Where the time of one evaluation goes: how fast its convolutions are, and how much sooner it were done if all else took none.</summary>
internal sealed class ProfilePart : IPart
{
    public string Name => "profile";

    public string Summary => "one evaluation by what it is made of: convolutions against the machine's matrix product, the rest against the pass without it";

    public async Task RunAsync(Report report, int rounds)
    {
        using var shipped = BenchModel.Shipped();
        await RunAsync(report, rounds, shipped);
        using var cifar = BenchModel.Cifar();
        await RunAsync(report, rounds, cifar);
    }

    private async Task RunAsync(Report report, int rounds, BenchModel model)
    {
        using var thread = new OwnThread();
        using var pass = new ProfiledPass(model);
        using var product = new MatrixProduct(thread);
        var seconds = await new Contest(rounds).RunAsync(new("pass", pass.RunAsync), new("matrix product", product.RunAsync));
        var rate = MatrixProduct.Operations / Spread.Of(seconds[1]).Median;
        // The first ones are for warming up.
        var passes = pass.Passes()[2..];
        var whole = Spread.Of(passes.Select(p => p.Seconds)).Median;

        // Every pass has the same nodes in the same order.
        foreach (var kind in passes[0].Nodes.Index().GroupBy(node => KindOf(node.Item)))
        {
            var taken = passes.Select(p => kind.Sum(node => p.Nodes[node.Index].Seconds)).ToArray();
            Add($"{kind.Count()} {kind.Key}", taken, kind.Sum(node => node.Item.FloatingPointOperations));
        }
        Add("time between the operators", [.. passes.Select(p => p.Seconds - p.Nodes.Sum(node => node.Seconds))], operations: 0);

        void Add(string what, double[] taken, double operations)
        {
            var median = Spread.Of(taken).Median;
            report.Add(new Finding(
                Name,
                $"{what} of {model.Name}",
                string.Create(CultureInfo.InvariantCulture, $"{1000 * median:0.00} ms, {100 * median / whole:0} % of the pass"),
                operations > 0 ? "matrix product" : "the pass without",
                operations > 0 ? Rate(rate) : string.Create(CultureInfo.InvariantCulture, $"{1000 * (whole - median):0.00} ms"),
                Spread.Of(operations > 0 ? taken.Select(t => operations / t / rate) : passes.Zip(taken, (p, t) => 1 - t / p.Seconds)),
                Detail: operations > 0 ? Rate(operations / median) : null));
        }
    }

    private static string KindOf(ProfiledPass.Node node) => node.Name switch
    {
        "Conv" => $"convolutions of {node.Kernel[0]}×{node.Kernel[1]}",
        "InstanceNormalization" or "BatchNormalization" or "QuickGelu" => "operators of group norm and SiLU",
        "Attention" or "MatMul" or "FusedMatMul" or "Softmax" => "operators of attention",
        "ReorderInput" or "ReorderOutput" => "reorderings for the convolutions",
        _ => "operators that add, join and reshape",
    };

    private static string Rate(double rate) => string.Create(CultureInfo.InvariantCulture, $"{rate / 1e9:0} GFLOP/s");
}
