using System.Runtime.InteropServices;
using Ddpm.Networks;
using Ddpm.Protocol;
using Ddpm.Storage.Models;
using Ddpm.V1;
using Grpc.Core;
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

    [Theory]
    [InlineData(EngineChoice.Onnx)]
    [InlineData(EngineChoice.Torch)]
    public async Task PredictNoise_OfALearnedRange_AnswersTheNoiseAndWhereAskedTheVariance(EngineChoice engine)
    {
        using var network = Save(SchedulerConfig.LearnedRange);
        await using var host = await DenoiserHost.StartAsync($"Engine={engine}");
        var version = await host.Store.PublishAsync("varied", Target, new PublishOptions(), TestContext.Current.CancellationToken);
        var request = DenoiserHost.Request(version, [.. Enumerable.Range(0, 2).Select(i => Row(i, 100 * i))]);
        var plain = await host.SendAsync(request);
        request.WithVariance = true;
        var varied = await host.SendAsync(request);

        version.Description.PredictsVariance.ShouldBeTrue();
        plain.Variance.ShouldBeEmpty();
        varied.PredictedNoise.ShouldBe(plain.PredictedNoise);
        varied.Variance.Count.ShouldBe(2);
        using var scope = NewDisposeScope();
        var x = tensor(Golden.Instance.X.Take(2).SelectMany(row => row).ToArray(), [2, 1, Golden.Side, Golden.Side]);
        var whole = network.forward(x, tensor(new[] { 0f, 100f }), null).detach();
        for (var i = 0; i < 2; i++)
        {
            varied.Variance[i].Shape.ShouldBe(request.Rows[i].X.Shape);
            Close.LargestDifference(TensorCodec.Decode(varied.PredictedNoise[i]), Channel(i, 0, output => output)).ShouldBeLessThan(1e-5);
            Close.LargestDifference(TensorCodec.Decode(varied.Variance[i]), Channel(i, 1, output => (output + 1) / 2)).ShouldBeLessThan(1e-5);
        }

        float[] Channel(int row, int channel, Func<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor> of) =>
            MemoryMarshal.Cast<byte, float>(of(whole[row, channel]).contiguous().bytes).ToArray();
    }

    [Fact]
    public async Task PredictNoise_GuidedWithVariance_HasThatOfTheClass()
    {
        await using var host = await DenoiserHost.StartAsync();
        var version = await host.PublishConditionalAsync(predictsVariance: true);
        var row = Row(0, 500);
        row.ClassLabel = 1;
        var guided = row.Clone();
        guided.GuidanceScale = 3;
        var request = DenoiserHost.Request(version, row, guided, Row(0, 500));
        request.WithVariance = true;

        var answer = await host.SendAsync(request);

        answer.Variance[1].ShouldBe(answer.Variance[0]);
        answer.Variance[2].ShouldNotBe(answer.Variance[0]);
        answer.PredictedNoise[1].ShouldNotBe(answer.PredictedNoise[0]);
    }

    [Fact]
    public async Task PredictNoise_WithVarianceThatTheNetworkHasNot_IsRefused()
    {
        await using var host = await DenoiserHost.StartAsync();
        var request = DenoiserHost.Request(await host.PublishGoldenAsync(), Golden.Instance.Row(0));
        request.WithVariance = true;

        var refused = await Should.ThrowAsync<RpcException>(() => host.SendAsync(request));

        refused.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        refused.FieldViolations().Select(violation => violation.Field).ShouldBe(["with_variance"]);
    }

    [Fact]
    public void Load_OfTwiceTheChannelsWithAFixedVariance_IsRefused()
    {
        using var network = Save("fixed_small");

        Should.Throw<InvalidDataException>(() => Engine().Load(Target)).Message.ShouldContain("out_channels must be 1 where in_channels is 1");
    }

    private static NoiseRow Row(int golden, double timestep)
    {
        var row = Golden.Instance.Row(golden);
        row.Timestep = timestep;
        return row;
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
