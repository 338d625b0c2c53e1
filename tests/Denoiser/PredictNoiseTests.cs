using Ddpm.Protocol;
using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Denoiser.Tests;

public sealed class PredictNoiseTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PredictNoise_OfGoldenRows_AnswersDiffusersEpsilon()
    {
        await using var host = await DenoiserHost.StartAsync();
        var version = await host.PublishGoldenAsync();
        var golden = Golden.Instance;

        var response = await host.SendAsync(
            DenoiserHost.Request(version, [.. Enumerable.Range(0, golden.Rows).Select(golden.Row)]));

        response.Evaluation.ShouldBe(new Evaluation { Engine = "onnxruntime-cpu", Mode = "exact" });
        response.PredictedNoise.Count.ShouldBe(golden.Rows);
        for (var row = 0; row < golden.Rows; row++)
        {
            response.PredictedNoise[row].Shape.ShouldBe([1, Golden.Side, Golden.Side]);
            response.PredictedNoise[row].DataType.ShouldBe(DataType.F32);
            Close.LargestDifference(TensorCodec.Decode(response.PredictedNoise[row]), golden.Epsilon[row]).ShouldBeLessThan(1e-5);
        }
    }

    [Fact]
    public async Task PredictNoise_InFastMode_AnswersDiffusersEpsilon()
    {
        await using var host = await DenoiserHost.StartAsync("Mode=fast", "Workers=1", "MaxBatchRows=4");
        var version = await host.PublishGoldenAsync();
        var golden = Golden.Instance;

        var response = await host.SendAsync(
            DenoiserHost.Request(version, [.. Enumerable.Range(0, golden.Rows).Select(golden.Row)]));

        response.Evaluation.Mode.ShouldBe("fast");
        for (var row = 0; row < golden.Rows; row++)
            Close.LargestDifference(TensorCodec.Decode(response.PredictedNoise[row]), golden.Epsilon[row]).ShouldBeLessThan(1e-5);
    }

    [Theory]
    [InlineData(DataType.F16, 2e-3)]
    [InlineData(DataType.Bf16, 2e-2)]
    public async Task PredictNoise_OfHalfPrecisionRows_AnswersFloat32OfTheRoundedRow(DataType type, double tolerance)
    {
        await using var host = await DenoiserHost.StartAsync();
        var version = await host.PublishGoldenAsync();
        var row = Golden.Instance.Row(1);
        row.X = Narrow(Golden.Instance.X[1], type);

        var narrow = (await host.PredictAsync(version, row))[0];

        Close.LargestDifference(narrow, Golden.Instance.Epsilon[1]).ShouldBeLessThan(tolerance);
        row.X = Golden.Encode(TensorCodec.Decode(row.X));
        (await host.PredictAsync(version, row))[0].ShouldBe(narrow);
    }

    [Theory]
    [InlineData(DataType.F16)]
    [InlineData(DataType.Bf16)]
    public async Task PredictNoise_AskedForANarrowAnswer_RoundsFloat32(DataType type)
    {
        await using var host = await DenoiserHost.StartAsync();
        var request = DenoiserHost.Request(await host.PublishGoldenAsync(), Golden.Instance.Row(1));
        var whole = TensorCodec.Decode((await host.SendAsync(request)).PredictedNoise.Single());

        request.PredictedNoiseType = type;
        var narrow = (await host.SendAsync(request)).PredictedNoise.Single();

        narrow.ShouldBe(TensorCodec.Encode(whole, [1, Golden.Side, Golden.Side], type));
    }

    [Fact]
    public async Task PredictNoise_OfFractionalTimestep_LiesBetweenItsNeighbours()
    {
        await using var host = await DenoiserHost.StartAsync();
        var version = await host.PublishGoldenAsync();
        NoiseRow At(double t) => new() { X = Golden.Encode(Golden.Instance.X[0]), Timestep = t };

        var epsilon = await host.PredictAsync(version, At(500), At(500.5), At(501));

        // Over one timestep the network is all but linear in t.
        var midpoint = epsilon[0].Zip(epsilon[2], (a, b) => (a + (double)b) / 2).ToList();
        var step = Close.LargestDifference(epsilon[0], epsilon[2]);
        step.ShouldBeGreaterThan(0);
        Close.LargestDifference(epsilon[1], midpoint).ShouldBeLessThan(step / 10);
    }

    [Fact]
    public async Task PredictNoise_OfUnknownModelOrVersion_IsNotFound()
    {
        await using var host = await DenoiserHost.StartAsync();
        var version = await host.PublishGoldenAsync();
        var unknown = DenoiserHost.Request(version, Golden.Instance.Row(0));
        unknown.Version = new string('0', 64);

        (await Should.ThrowAsync<RpcException>(() => host.SendAsync(unknown))).StatusCode.ShouldBe(StatusCode.NotFound);
        unknown = DenoiserHost.Request(version, Golden.Instance.Row(0));
        unknown.Model = "nobody";
        (await Should.ThrowAsync<RpcException>(() => host.SendAsync(unknown))).StatusCode.ShouldBe(StatusCode.NotFound);
    }

    [Fact]
    public async Task PredictNoise_OfCorruptVersion_IsDataLossUntilItIsMended()
    {
        await using var host = await DenoiserHost.StartAsync();
        var version = await host.PublishGoldenAsync();
        var weights = Path.Combine(await host.Store.OpenAsync(version.Model, version.Version, Cancellation), "diffusion_pytorch_model.safetensors");
        var published = await File.ReadAllBytesAsync(weights, Cancellation);
        var flipped = published.ToArray();
        flipped[^1] ^= 1;
        await File.WriteAllBytesAsync(weights, flipped, Cancellation);
        var request = DenoiserHost.Request(version, Golden.Instance.Row(0));

        var failure = await Should.ThrowAsync<RpcException>(() => host.SendAsync(request));

        failure.StatusCode.ShouldBe(StatusCode.DataLoss);
        failure.Status.Detail.ShouldContain("diffusion_pytorch_model.safetensors");
        await File.WriteAllBytesAsync(weights, published, Cancellation);
        (await host.PredictAsync(version, Golden.Instance.Row(0))).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task GetDenoiserInfo_AfterAPrediction_TellsWhatIsLoaded()
    {
        await using var host = await DenoiserHost.StartAsync("Workers=2");
        var version = await host.PublishGoldenAsync();

        (await host.InfoAsync()).LoadedVersions.ShouldBeEmpty();
        await host.PredictAsync(version, Golden.Instance.Row(0));
        var info = await host.InfoAsync();

        info.LoadedVersions.ShouldBe([$"golden@{version.Version}"]);
        info.Evaluation.ShouldBe(new Evaluation { Engine = "onnxruntime-cpu", Mode = "exact" });
        info.MaxBatchRows.ShouldBe(4);
        info.QueuedRows.ShouldBe(0);
        info.Device.ShouldStartWith("CPU");
    }

    private static Tensor Narrow(float[] values, DataType type)
    {
        var tensor = Golden.Encode(values);
        var halves = type == DataType.F16
            ? values.SelectMany(value => BitConverter.GetBytes((Half)value))
            : values.SelectMany(value => BitConverter.GetBytes((ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)));
        tensor.DataType = type;
        tensor.Data = Google.Protobuf.ByteString.CopyFrom([.. halves]);
        return tensor;
    }
}
