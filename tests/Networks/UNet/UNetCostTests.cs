using Ddpm.Networks.Onnx;

namespace Ddpm.Networks.UNet;

public sealed class UNetCostTests
{
    public static TheoryData<string> Architectures => ["plain", "conditional, scale and shift", "heads, other sizes", "without attention"];

    /// <summary>12.4 GFLOP is what others measured of this architecture.</summary>
    [Fact]
    public void FloatingPointOperations_OfTheCifarNetwork_AreThoseThatOthersCount() =>
        (UNetCost.FloatingPointOperations(Cifar) / 1e9).ShouldBe(12.4, 0.1);

    [Theory]
    [MemberData(nameof(Architectures))]
    public void FloatingPointOperations_OfAnyArchitecture_AreThoseOfTheOperatorsThatItRuns(string name)
    {
        var config = name switch
        {
            "plain" => Small,
            "conditional, scale and shift" => Small with { NumClassEmbeds = 4, ResnetTimeScaleShift = UNetConfig.ScaleShift },
            "heads, other sizes" => Small with { AttentionHeadDim = 8, SampleSize = new SampleSize(8, 24), LayersPerBlock = 2, AttentionTimeEmbedding = true },
            _ => Small with { AddAttention = false, DownBlockTypes = ["DownBlock2D", "DownBlock2D"], UpBlockTypes = ["UpBlock2D", "UpBlock2D"] },
        };

        (UNetCost.FloatingPointOperations(config) / 2).ShouldBe(ProductsSeenByOnnxRuntime(config));
    }

    private static UNetConfig Small => new()
    {
        SampleSize = new SampleSize(16, 16),
        BlockOutChannels = [16, 32],
        LayersPerBlock = 1,
        DownBlockTypes = ["DownBlock2D", "AttnDownBlock2D"],
        UpBlockTypes = ["AttnUpBlock2D", "UpBlock2D"],
        AttentionHeadDim = null,
        NormNumGroups = 4,
    };

    private static UNetConfig Cifar => new()
    {
        SampleSize = new SampleSize(32, 32),
        BlockOutChannels = [128, 256, 256, 256],
        DownBlockTypes = ["DownBlock2D", "AttnDownBlock2D", "DownBlock2D", "DownBlock2D"],
        UpBlockTypes = ["UpBlock2D", "UpBlock2D", "AttnUpBlock2D", "UpBlock2D"],
        AttentionHeadDim = null,
    };

    /// <summary>Runs the exported network as it is written, and counts by the shapes that the runtime saw at each of its operators.</summary>
    private static long ProductsSeenByOnnxRuntime(UNetConfig config)
    {
        using var folder = new TemporaryFolder();
        var checkpointFolder = Path.Combine(folder.Path, "checkpoint");
        using (var network = SmallNetwork.Create(config))
            Checkpoint.Save(checkpointFolder, network, new SchedulerConfig(), ModelIndex.Unconditional);
        using var checkpoint = CheckpointFolder.Open(checkpointFolder);
        using var exported = new MemoryStream();
        OnnxExport.Network(checkpoint, exported);
        return OnnxRun.Operators(exported.ToArray(), config).Sum(Products);
    }

    private static long Products((string Type, long[][] Inputs, long[] Output) node)
    {
        var outputs = node.Output.Aggregate(1L, (product, extent) => product * extent);
        return node.Type switch
        {
            "Conv" => outputs * node.Inputs[1][1] * node.Inputs[1][2] * node.Inputs[1][3],
            "Gemm" or "MatMul" => outputs * node.Inputs[0][^1],
            _ => 0,
        };
    }
}
