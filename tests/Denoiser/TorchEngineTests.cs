using Ddpm.Hosting;
using Ddpm.Networks;
using Microsoft.Extensions.Options;
using TorchSharp;

namespace Ddpm.Denoiser.Tests;

/// <summary>Counts the process's tensors, and so runs alone.</summary>
[Collection(nameof(TorchEngineTests))]
[CollectionDefinition(nameof(TorchEngineTests), DisableParallelization = true)]
public sealed class TorchEngineTests
{
    [Fact]
    public void Evaluate_OfAThousandRows_LeavesNoTensorBehind()
    {
        var engine = Engine(new DenoiserOptions { Device = DeviceChoice.Cpu, Mode = EvaluationMode.Fast });
        engine.PrepareThread();
        using var network = engine.Load(Golden.Folder);
        NetworkRow[] rows = [.. Enumerable.Range(0, 8).Select(i => new NetworkRow(Golden.Instance.X[i % 4], 100 * i, null))];
        network.Evaluate(rows);
        var loaded = LiveTensors();

        for (var i = 0; i < 125; i++)
            network.Evaluate(rows);

        torch.Tensor.TotalCount.ShouldBe(loaded);
    }

    [Fact]
    public void Dispose_OfNetwork_FreesItsWeightsThereAndThen()
    {
        var network = Engine(new DenoiserOptions { Device = DeviceChoice.Cpu }).Load(Golden.Folder);
        network.Dispose();

        Should.Throw<InvalidOperationException>(() => network.Evaluate([new NetworkRow(Golden.Instance.X[0], 0, null)]))
            .Message.ShouldContain("empty handle");
    }

    [Fact]
    public void MemoryBytes_OfGoldenNetwork_IsFourBytesAParameter()
    {
        using var network = Engine(new DenoiserOptions { Device = DeviceChoice.Cpu }).Load(Golden.Folder);

        network.MemoryBytes.ShouldBe(4 * 103_585);
        network.Description.Shape.ShouldBe([1, 32, 32]);
    }

    [Fact]
    public void Evaluate_InBfloat16_IsOffByAboutAHundredthAndSaysSo()
    {
        var engine = Engine(new DenoiserOptions { Device = DeviceChoice.Cpu, Precision = EvaluationPrecision.Bfloat16 });
        using var network = engine.Load(Golden.Folder);
        var golden = Golden.Instance;
        NetworkRow[] rows = [.. Enumerable.Range(0, golden.Rows).Select(i => new NetworkRow(golden.X[i], golden.Timesteps[i], null))];

        var rounded = network.Evaluate(rows);

        engine.Name.ShouldBe("torch-cpu-bf16");
        network.MemoryBytes.ShouldBeLessThan(4 * 103_585);
        for (var i = 0; i < rows.Length; i++)
        {
            var error = Math.Sqrt(rounded[i].Zip(golden.Epsilon[i], (a, b) => (double)(a - b) * (a - b)).Sum() / golden.Epsilon[i].Sum(e => (double)e * e));
            error.ShouldBeInRange(1e-4, 0.02);
        }
    }

    [Fact]
    public void Load_OfIncompleteFolder_NamesTheFile()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Path.Combine(Golden.Folder, "config.json"), Path.Combine(folder.FullName, "config.json"));

        Should.Throw<InvalidDataException>(() => Engine(new DenoiserOptions { Device = DeviceChoice.Cpu }).Load(folder.FullName))
            .Message.ShouldContain("scheduler_config.json is missing");
    }

    [Fact]
    public void Engine_OfCudaWithoutOne_RefusesToStart()
    {
        Assert.SkipWhen(torch.cuda_is_available(), "there is a CUDA device");

        Should.Throw<StartRefusedException>(() => Engine(new DenoiserOptions { Device = DeviceChoice.Cuda })).Message.ShouldContain("Denoiser:Device");
    }

    [Theory]
    [InlineData(EvaluationMode.Exact)]
    [InlineData(EvaluationMode.Fast)]
    public void Evaluate_OnCuda_AnswersDiffusersEpsilon(EvaluationMode mode)
    {
        Assert.SkipUnless(torch.cuda_is_available(), "there is no CUDA device, or this build's libtorch knows none");
        var engine = Engine(new DenoiserOptions { Device = DeviceChoice.Cuda, Mode = mode, MaxBatchRows = 8 });
        using var network = engine.Load(Golden.Folder);
        var golden = Golden.Instance;
        NetworkRow[] rows = [.. Enumerable.Range(0, golden.Rows).Select(i => new NetworkRow(golden.X[i], golden.Timesteps[i], null))];

        var together = network.Evaluate(rows);

        engine.Name.ShouldBe(mode == EvaluationMode.Exact ? "torch-cuda" : "torch-cuda-bf16");
        for (var i = 0; i < rows.Length; i++)
            Close.LargestDifference(together[i], golden.Epsilon[i]).ShouldBeLessThan(mode == EvaluationMode.Exact ? 1e-3 : 0.1, "convolutions may use TF32");
        if (mode == EvaluationMode.Exact)
            network.Evaluate([rows[2]])[0].ShouldBe(together[2]);
    }

    [Fact]
    public void Predict_OfSmallerImagesOffline_AnswersDiffusersEpsilonOfThePaddedOnes()
    {
        using var offline = OfflinePrediction.Open(Golden.Folder);
        var golden = Golden.Instance;

        for (var i = 0; i < golden.Rows; i++)
        {
            var epsilon = offline.Predict(new NoiseQuery(golden.SmallX[i], golden.Timesteps[i]), 28, 28);
            Close.LargestDifference(epsilon, golden.SmallEpsilon[i]).ShouldBeLessThan(1e-5);
        }
    }

    [Theory]
    [InlineData(27, 27, 0, "smaller by an even number")]
    [InlineData(34, 34, 0, "smaller by an even number")]
    [InlineData(28, 28, 1000, "t must be 0 to 999")]
    public void Predict_OfUnfitImageOffline_NamesTheRule(int height, int width, double timestep, string rule)
    {
        using var offline = OfflinePrediction.Open(Golden.Folder);

        Should.Throw<ArgumentException>(() => offline.Predict(new NoiseQuery(new float[height * width], timestep), height, width))
            .Message.ShouldContain(rule);
    }

    /// <summary>Without those that other tests left to the collector.</summary>
    private static long LiveTensors()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return torch.Tensor.TotalCount;
    }

    private static TorchEngine Engine(DenoiserOptions options) => new(Options.Create(options));
}
