using System.Runtime.InteropServices;
using Ddpm.Networks;
using Microsoft.Extensions.Options;
using static TorchSharp.torch;

namespace Ddpm.Denoiser.Tests;

/// <summary>Networks with further output channels, those of a variance.</summary>
public sealed class LearnedVarianceTests : IDisposable
{
    private static readonly UNetConfig Config = UNetConfig.Read(Path.Combine(Golden.Folder, UNetConfig.FileName)) with { OutChannels = 2 };

    private readonly TemporaryFolder _folder = new();

    private string Target => Path.Combine(_folder.FullName, "model");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Evaluate_OfALearnedRange_AnswersTheNoiseAlone()
    {
        using var network = Save(SchedulerConfig.LearnedRange);
        using var served = Engine().Load(Target);
        NetworkRow[] rows = [.. Enumerable.Range(0, 2).Select(i => new NetworkRow(Golden.Instance.X[i], 100 * i, null))];

        var answers = served.Evaluate(rows);

        served.Description.Shape.ShouldBe([1, Golden.Side, Golden.Side]);
        using var scope = NewDisposeScope();
        var x = tensor(rows.SelectMany(row => row.X.ToArray()).ToArray(), [2, 1, Golden.Side, Golden.Side]);
        var whole = network.forward(x, tensor(new[] { 0f, 100f }), null).detach();
        for (var i = 0; i < rows.Length; i++)
        {
            var noise = MemoryMarshal.Cast<byte, float>(whole[i, 0].contiguous().bytes).ToArray();
            Close.LargestDifference(answers[i], noise).ShouldBeLessThan(1e-6);
        }
    }

    [Fact]
    public void Load_OfTwiceTheChannelsWithAFixedVariance_IsRefused()
    {
        using var network = Save("fixed_small");

        Should.Throw<InvalidDataException>(() => Engine().Load(Target)).Message.ShouldContain("out_channels must be 1 where in_channels is 1");
    }

    private UNet2DModel Save(string varianceType)
    {
        var network = new UNet2DModel(Config, seed: 7);
        network.eval();
        Checkpoint.Save(Target, network, new SchedulerConfig { VarianceType = varianceType }, ModelIndex.Unconditional);
        return network;
    }

    private static TorchEngine Engine() => new(Options.Create(new DenoiserOptions { Device = DeviceChoice.Cpu, Mode = EvaluationMode.Fast }));
}
