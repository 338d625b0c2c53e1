using System.Diagnostics;
using System.Reflection;
using static TorchSharp.torch;

namespace Ddpm.Networks;

/// <summary>Collects all the time, so nothing else may run meanwhile.</summary>
[Collection(nameof(UNet.LiveTensorTests))]
public sealed class CollectionTests
{
    private const int Collections = 10_000;

    /// <summary>As the build leaves it: optimised code lets go of arguments whose handles are still in use.</summary>
    [Fact]
    public void TorchSharp_AsItIsCopied_IsNotOptimised() =>
        typeof(Tensor).Assembly.GetCustomAttribute<DebuggableAttribute>().ShouldNotBeNull().IsJITOptimizerDisabled.ShouldBeTrue();

    /// <summary>Numbers live on the native heap and belong to the collector: one that is freed before it is read is another number, or none.</summary>
    [Fact]
    public async Task Arithmetic_WhileAnotherThreadCollects_ReadsTheNumbersThatItWasGiven()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var collecting = Task.Factory.StartNew(
            () =>
            {
                for (var i = 0; i < Collections && !cancellationToken.IsCancellationRequested; i++)
                    GC.Collect(0);
            },
            cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        using var x = zeros(64);

        while (!collecting.IsCompleted)
        {
            for (var i = 1; i <= 16; i++)
            {
                using var scope = NewDisposeScope();
                x.fill_(0).add_(i).mul_(0.5).addcdiv_(ones(64), full(64, 4), 2.0);
                x.eq(i * 0.5 + 0.5).all().item<bool>().ShouldBeTrue();
            }
        }
        await collecting;
    }
}
