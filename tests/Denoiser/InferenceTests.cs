using Ddpm.Denoiser.OpenInference;
using Ddpm.Protocol;
using Ddpm.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Ddpm.Denoiser.Tests;

public sealed class InferenceTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ModelInfer_OfGoldenRows_AnswersDiffusersEpsilonInTheBitsOfPredictNoise(bool raw)
    {
        await using var host = await DenoiserHost.StartAsync();
        var version = await host.PublishGoldenAsync();
        var golden = Golden.Instance;
        var rows = Enumerable.Range(0, golden.Rows).ToArray();
        var request = InferRequests.OfGoldenRows(version, raw, rows);
        request.Id = "request 7";

        var response = await host.InferAsync(request);

        response.ModelName.ShouldBe("golden");
        response.ModelVersion.ShouldBe(version.Version);
        response.Id.ShouldBe("request 7");
        response.Parameters["engine"].StringParam.ShouldBe("onnxruntime-cpu");
        response.Parameters["mode"].StringParam.ShouldBe("exact");
        var output = response.Outputs.ShouldHaveSingleItem();
        output.Name.ShouldBe("predicted_noise");
        output.Datatype.ShouldBe("FP32");
        output.Shape.ShouldBe([golden.Rows, 1, Golden.Side, Golden.Side]);
        response.RawOutputContents.Count.ShouldBe(raw ? 1 : 0, "the answer comes as the request did");
        (output.Contents is null).ShouldBe(raw);
        var epsilon = response.Rows();
        foreach (var row in rows)
            Close.LargestDifference(epsilon[row], golden.Epsilon[row]).ShouldBeLessThan(1e-5);
        epsilon.ShouldBe(await host.PredictAsync(version, [.. rows.Select(golden.Row)]));
    }

    [Theory]
    [InlineData("FP16", DataType.F16, 2e-3)]
    [InlineData("BF16", DataType.Bf16, 2e-2)]
    public async Task ModelInfer_OfHalfPrecisionRows_AnswersTheBitsOfPredictNoise(string datatype, DataType type, double tolerance)
    {
        await using var host = await DenoiserHost.StartAsync();
        var version = await host.PublishGoldenAsync();
        byte[] halves = [.. Golden.Instance.X[1].SelectMany(value => type == DataType.F16
            ? BitConverter.GetBytes((Half)value)
            : BitConverter.GetBytes((ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)))];
        var request = InferRequests.Of(version)
            .WithRaw("sample", datatype, [1, 1, Golden.Side, Golden.Side], halves)
            .With("timestep", "INT64", [1], new[] { Golden.Instance.Timesteps[1] }, raw: true);

        var epsilon = (await host.InferAsync(request)).Rows().ShouldHaveSingleItem();

        Close.LargestDifference(epsilon, Golden.Instance.Epsilon[1]).ShouldBeLessThan(tolerance);
        var row = Golden.Instance.Row(1);
        row.X = new Tensor { DataType = type, Shape = { 1, Golden.Side, Golden.Side }, Data = ByteString.CopyFrom(halves) };
        epsilon.ShouldBe((await host.PredictAsync(version, row))[0]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ModelInfer_WithClassesAndGuidance_AnswersTheBitsOfPredictNoise(bool raw)
    {
        await using var host = await DenoiserHost.StartAsync();
        var version = await host.PublishConditionalAsync();
        int[] rows = [0, 1, 2];
        int[] labels = [2, 0, 1];
        float[] scales = [1, 3, 0];
        var expected = await host.PredictAsync(version, [.. rows.Select(row => Conditional(row, labels[row], scales[row]))]);

        var longLabels = InferRequests.OfGoldenRows(version, raw, rows)
            .With("class_labels", "INT64", [3], labels.Select(label => (long)label).ToArray(), raw)
            .With("guidance_scale", "FP32", [3], scales, raw);
        (await host.InferAsync(longLabels)).Rows().ShouldBe(expected);
        // The order of inputs is the client's.
        var intLabels = InferRequests.Of(version)
            .With("guidance_scale", "FP32", [3], scales, raw)
            .With("class_labels", "INT32", [3], labels, raw)
            .With("timestep", "FP64", [3], rows.Select(row => (double)Golden.Instance.Timesteps[row]).ToArray(), raw)
            .WithSample([.. rows.SelectMany(row => Golden.Instance.X[row])], raw);
        (await host.InferAsync(intLabels)).Rows().ShouldBe(expected);
    }

    [Fact]
    public async Task ModelInfer_WithOneLabelAndScale_TakesThemForAllRows()
    {
        await using var host = await DenoiserHost.StartAsync();
        var version = await host.PublishConditionalAsync();
        var request = InferRequests.OfGoldenRows(version, raw: true, 0, 1)
            .With("class_labels", "INT64", [1], new[] { 1L }, raw: true)
            .With("guidance_scale", "FP32", [], new[] { 2.5f }, raw: true);

        var epsilon = (await host.InferAsync(request)).Rows();

        epsilon.ShouldBe(await host.PredictAsync(version, Conditional(0, 1, 2.5f), Conditional(1, 1, 2.5f)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ModelInfer_WithOneTimestep_TakesItForAllRows(bool raw)
    {
        await using var host = await DenoiserHost.StartAsync();
        var version = await host.PublishGoldenAsync();
        float[] samples = [.. Golden.Instance.X[0], .. Golden.Instance.X[1]];
        ModelInferRequest Request() => InferRequests.Of(version).WithSample(samples, raw);
        async Task<float[][]> ExpectedAsync(double t) => await host.PredictAsync(
            version, [.. new[] { 0, 1 }.Select(row => new NoiseRow { X = Golden.Encode(Golden.Instance.X[row]), Timestep = t })]);

        var at500 = await ExpectedAsync(500);
        (await host.InferAsync(Request().With("timestep", "INT64", [], new[] { 500L }, raw))).Rows().ShouldBe(at500);
        (await host.InferAsync(Request().With("timestep", "INT32", [1], new[] { 500 }, raw))).Rows().ShouldBe(at500);
        var between = await ExpectedAsync(500.5);
        between.ShouldNotBe(at500);
        (await host.InferAsync(Request().With("timestep", "FP32", [1], new[] { 500.5f }, raw))).Rows().ShouldBe(between);
        (await host.InferAsync(Request().With("timestep", "FP64", [], new[] { 500.5 }, raw))).Rows().ShouldBe(between);
    }

    [Fact]
    public async Task ModelInfer_OfNoVersionOrAnAlias_TellsTheVersionThatItResolvedTo()
    {
        await using var host = await DenoiserHost.StartAsync();
        var first = await host.PublishGoldenAsync();
        var second = await host.PublishGoldenAsync("v_prediction");
        await host.Store.MoveAliasAsync("golden", "stable", first.Version, Cancellation);
        async Task<ModelInferResponse> InferAsync(string version)
        {
            var request = InferRequests.OfGoldenRows(first, true, 0);
            request.ModelVersion = version;
            return await host.InferAsync(request);
        }

        var latest = await InferAsync("");
        var stable = await InferAsync("stable");

        latest.ModelVersion.ShouldBe(second.Version);
        latest.Rows().ShouldBe(await host.PredictAsync(second, Golden.Instance.Row(0)));
        stable.ModelVersion.ShouldBe(first.Version);
        stable.Rows().ShouldBe(await host.PredictAsync(first, Golden.Instance.Row(0)));
        await host.Store.MoveAliasAsync("golden", "stable", second.Version, Cancellation);
        (await InferAsync("stable")).ModelVersion.ShouldBe(second.Version);
    }

    [Fact]
    public async Task ModelInfer_WithWhatClientsAddOfTheirOwn_AnswersAllTheSame()
    {
        await using var host = await DenoiserHost.StartAsync();
        var version = await host.PublishGoldenAsync();
        var request = InferRequests.OfGoldenRows(version, raw: true, 0);
        request.Inputs[0].Parameters.Add("binary_data_size", new InferParameter { Int64Param = 4096 });
        request.Parameters.Add("priority", new InferParameter { Uint64Param = 1 });
        request.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "predicted_noise" });

        var epsilon = (await host.InferAsync(request)).Rows().ShouldHaveSingleItem();

        Close.LargestDifference(epsilon, Golden.Instance.Epsilon[0]).ShouldBeLessThan(1e-5);
    }

    [Theory]
    [InlineData("nobody", "")]
    [InlineData("golden", "stable")]
    [InlineData("golden", "1")]
    [InlineData("golden", "0000000000000000000000000000000000000000000000000000000000000000")]
    public async Task ModelInfer_OfUnknownModelOrVersion_IsNotFound(string model, string version)
    {
        await using var host = await DenoiserHost.StartAsync();
        var request = InferRequests.OfGoldenRows(await host.PublishGoldenAsync(), true, 0);
        (request.ModelName, request.ModelVersion) = (model, version);

        var failure = await Should.ThrowAsync<RpcException>(() => host.InferAsync(request));

        failure.StatusCode.ShouldBe(StatusCode.NotFound);
        failure.Status.Detail.ShouldContain($"'{model}'");
    }

    [Fact]
    public async Task ModelInfer_OfCorruptVersion_IsDataLoss()
    {
        await using var host = await DenoiserHost.StartAsync();
        var version = await host.PublishGoldenAsync();
        await host.CorruptAsync(version);

        var failure = await Should.ThrowAsync<RpcException>(() => host.InferAsync(InferRequests.OfGoldenRows(version, true, 0)));

        failure.StatusCode.ShouldBe(StatusCode.DataLoss);
        failure.Status.Detail.ShouldContain("diffusion_pytorch_model.safetensors");
    }

    [Fact]
    public async Task ModelInfer_OfFullQueue_IsResourceExhaustedWithRetryInfo()
    {
        var engine = new HeldEngine { MaxBatchRows = 1 };
        await using var host = await DenoiserHost.StartAsync(engine, "QueueLimit=2");
        var version = await host.PublishGoldenAsync();
        ModelInferRequest Request(int rows) => InferRequests.Of(version)
            .With("sample", "FP32", [rows, 1, 1, 2], new float[2 * rows], raw: true)
            .With("timestep", "INT64", [], new[] { 5L }, raw: true);
        var accepted = host.InferAsync(Request(3));
        await Eventually.HoldsAsync(async () => (await host.InfoAsync()).QueuedRows == 2);

        var failure = await Should.ThrowAsync<RpcException>(() => host.InferAsync(Request(1)));

        failure.StatusCode.ShouldBe(StatusCode.ResourceExhausted);
        failure.RetryAfter().ShouldNotBeNull().ShouldBeGreaterThan(TimeSpan.Zero);
        engine.LetThrough();
        // A held engine predicts x + t.
        (await accepted).Rows().ShouldBe([[5, 5], [5, 5], [5, 5]]);
    }

    private static NoiseRow Conditional(int row, int label, float scale)
    {
        var noiseRow = Golden.Instance.Row(row);
        (noiseRow.ClassLabel, noiseRow.GuidanceScale) = (label, scale);
        return noiseRow;
    }
}
