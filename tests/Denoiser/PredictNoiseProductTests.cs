using Ddpm.Protocol;
using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Denoiser.Tests;

public sealed class PredictNoiseProductTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PredictNoiseProduct_OfGoldenRows_AnswersTheSameEpsilon()
    {
        await using var host = await DenoiserHost.StartAsync();
        var request = Request(await host.PublishGoldenAsync(), [.. Enumerable.Range(0, Golden.Instance.Rows).Select(Golden.Instance.Row)]);

        var answer = await SendAsync(host, request);

        answer.Evaluation.Engine.ShouldBe("torch-cpu");
        for (var row = 0; row < Golden.Instance.Rows; row++)
            Close.LargestDifference(TensorCodec.Decode(answer.PredictedNoise[row]), Golden.Instance.Epsilon[row]).ShouldBeLessThan(1e-5);
    }

    /// <summary>vᵀ J u is (vᵀ J) u, and also the change of vᵀ ε along u.</summary>
    [Theory]
    [InlineData("epsilon", null, null)]
    [InlineData("v_prediction", null, null)]
    [InlineData("sample", null, null)]
    [InlineData(null, 1, null)]
    [InlineData(null, 1, 3f)]
    [InlineData(null, 2, 0f)]
    public async Task PredictNoiseProduct_AnyNetwork_IsTheDerivativeOfEpsilon(string? predicts, int? label, float? guidance)
    {
        await using var host = await DenoiserHost.StartAsync();
        var version = predicts is null ? await host.PublishConditionalAsync() : await host.PublishGoldenAsync(predicts);
        var (x, v, u) = (Golden.Instance.X[1], Noise(1), Noise(2));
        const float step = 0.01f;

        var product = TensorCodec.Decode((await SendAsync(host, Request(version, [Row(x)], v))).Products[0]);
        var ahead = TensorCodec.Decode((await SendAsync(host, Request(version, [Row(Moved(step))], v))).PredictedNoise[0]);
        var behind = TensorCodec.Decode((await SendAsync(host, Request(version, [Row(Moved(-step))], v))).PredictedNoise[0]);

        var slope = Dot(v, [.. ahead.Zip(behind, (a, b) => (a - b) / (2 * step))]);
        Dot(product, u).ShouldBe(slope, 0.02 * Math.Max(1, Math.Abs(slope)));

        float[] Moved(float by) => [.. x.Zip(u, (a, b) => a + (by * b))];

        NoiseRow Row(float[] at)
        {
            var row = new NoiseRow { X = Golden.Encode(at), Timestep = 400 };
            if (label is not null)
                row.ClassLabel = label.Value;
            if (guidance is not null)
                row.GuidanceScale = guidance.Value;
            return row;
        }
    }

    [Fact]
    public async Task PredictNoiseProduct_SeveralRowsAndVersions_AreEachAsAlone()
    {
        await using var host = await DenoiserHost.StartAsync();
        var (golden, conditional) = (await host.PublishGoldenAsync(), await host.PublishConditionalAsync());

        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => SendAsync(host, Request(
            i % 2 == 0 ? golden : conditional, [Golden.Instance.Row(0), Golden.Instance.Row(1)]))));

        answers[2].ShouldBe(answers[0]);
        answers[3].ShouldBe(answers[1]);
        var alone = await SendAsync(host, Request(golden, [Golden.Instance.Row(0)]));
        alone.Products[0].ShouldBe(answers[0].Products[0]);
    }

    [Fact]
    public async Task PredictNoiseProduct_BadVectors_NamesThem()
    {
        await using var host = await DenoiserHost.StartAsync();
        var version = await host.PublishGoldenAsync();
        (string Field, Action<PredictNoiseProductRequest> Change)[] bad =
        [
            ("request", request => request.Request = null),
            ("vectors", request => request.Vectors.Clear()),
            ("vectors[0].data", request => request.Vectors[0] = TensorCodec.Encode(Enumerable.Repeat(float.NaN, Golden.Elements).ToArray(), [1, Golden.Side, Golden.Side])),
            ("vectors[0].shape", request => request.Vectors[0] = TensorCodec.Encode(new float[4], [1, 2, 2])),
            ("rows[0].timestep", request => request.Request.Rows[0].Timestep = 1000),
            ("model", request => request.Request.Model = "No Name"),
        ];

        foreach (var (field, change) in bad)
        {
            var request = Request(version, [Golden.Instance.Row(0)]);
            change(request);
            var error = await Should.ThrowAsync<RpcException>(() => SendAsync(host, request));
            error.StatusCode.ShouldBe(StatusCode.InvalidArgument, field);
            error.FieldViolations().ShouldHaveSingleItem(field).Field.ShouldBe(field);
        }
        var unknown = Request(version, [Golden.Instance.Row(0)]);
        unknown.Request.Version = new string('0', 64);
        (await Should.ThrowAsync<RpcException>(() => SendAsync(host, unknown))).StatusCode.ShouldBe(StatusCode.NotFound);
    }

    private static Task<PredictNoiseProductResponse> SendAsync(DenoiserHost host, PredictNoiseProductRequest request) =>
        host.Denoiser.PredictNoiseProductAsync(request, cancellationToken: Cancellation).ResponseAsync;

    private static PredictNoiseProductRequest Request(Storage.Models.StoredVersion version, NoiseRow[] rows, float[]? vector = null) => new()
    {
        Request = DenoiserHost.Request(version, rows),
        Vectors = { rows.Select((_, i) => Golden.Encode(vector ?? Noise(i))) },
    };

    private static float[] Noise(int seed)
    {
        var noise = new float[Golden.Elements];
        new Diffusion.PhiloxNoise((ulong)seed, 0).Fill<float>(noise, 0, Diffusion.NoiseUse.Initial);
        return noise;
    }

    private static double Dot(float[] a, float[] b) => a.Zip(b, (p, q) => (double)p * q).Sum();
}
