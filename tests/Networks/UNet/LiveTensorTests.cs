using static TorchSharp.torch;

namespace Ddpm.Networks.UNet;

/// <summary>Counts tensors, so nothing else may run meanwhile.</summary>
[CollectionDefinition(nameof(LiveTensorTests), DisableParallelization = true)]
public sealed class CountsTensors;

[Collection(nameof(LiveTensorTests))]
public sealed class LiveTensorTests
{
    [Fact]
    public void Forward_AThousandTimes_LeavesNoTensorsBehind()
    {
        using var _ = inference_mode();
        using var network = SmallNetwork.Create(SmallNetwork.Config with { NumClassEmbeds = 3, ResnetTimeScaleShift = UNetConfig.ScaleShift, AttentionTimeEmbedding = true, DownsamplePadding = 0 });
        var (x, t) = SmallNetwork.Input();
        using var labels = zeros(3, dtype: int64);
        network.forward(x, t, labels).Dispose();
        // What earlier tests left to the collector goes now, not while tensors are counted.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        var before = Tensor.TotalCount;

        for (var i = 0; i < 1000; i++)
            network.forward(x, t, labels).Dispose();

        // The collector may still take some of the past; only growth is a leak.
        Tensor.TotalCount.ShouldBeLessThanOrEqualTo(before);
        x.Dispose();
        t.Dispose();
    }
}
