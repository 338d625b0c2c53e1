using Ddpm.Protocol;
using Ddpm.Storage.Models;
using Ddpm.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Ddpm.Denoiser.Tests;

public sealed class ValidationTests : IAsyncLifetime
{
    private DenoiserHost _host = null!;
    private StoredVersion _golden = null!;
    private StoredVersion _conditional = null!;
    private StoredVersion _labelled = null!;

    public static TheoryData<string, string> UnconditionalCases => new()
    {
        { "shape", "rows[1].x.shape must be [1, 32, 32], is [1, 28, 28]" },
        { "rank", "rows[1].x.shape must be [1, 32, 32], is [1024]" },
        { "bytes", "rows[1].x.data must hold 4096 bytes for its shape and type, holds 4095" },
        { "type", "rows[1].x.data_type must be F32, F16 or BF16" },
        { "no x", "rows[1].x must be set" },
        { "nan", "rows[1].x.data must be finite, element 17 is NaN" },
        { "infinity", "rows[1].x.data must be finite, element 1023 is -Infinity" },
        { "t=-1", "rows[1].timestep must be 0 to 999, is -1" },
        { "t=999.5", "rows[1].timestep must be 0 to 999, is 999.5" },
        { "t=NaN", "rows[1].timestep must be finite, is NaN" },
        { "class", "rows[1].class_label must not be set: the network knows no classes" },
        { "guidance", "rows[1].guidance_scale must be 1 or unset where class_label is unset" },
        { "no rows", "rows must be 1 to 1024, are 0" },
        { "too many rows", "rows must be 1 to 1024, are 1025" },
        { "model", "model must be 1 to 63 characters of a-z, 0-9 and '-', beginning with a letter or digit" },
        { "alias", "version must be 64 hexadecimal digits in lower case; an alias is resolved before a trajectory begins, not here" },
        { "tenant", "tenant must have at most 64 characters, has 65" },
        { "job", "job must have at most 64 characters, has 65" },
        { "priority", "priority must be INTERACTIVE or BULK, or unset for INTERACTIVE; is 7" },
        { "timeout=0", "timeout must be more than 0 and at most 24 hours" },
        { "timeout=25h", "timeout must be more than 0 and at most 24 hours" },
        { "timeout nanos", "timeout must be more than 0 and at most 24 hours" },
    };

    public static TheoryData<string, string> ConditionalCases => new()
    {
        { "class=-1", "rows[0].class_label must be 0 to 2, is -1" },
        { "class=3", "rows[0].class_label must be 0 to 2, is 3" },
        { "w=-1", "rows[0].guidance_scale must be 0 to 30, is -1" },
        { "w=30.5", "rows[0].guidance_scale must be 0 to 30, is 30.5" },
        { "w=NaN", "rows[0].guidance_scale must be 0 to 30, is NaN" },
        { "w without class", "rows[0].guidance_scale must be 1 or unset where class_label is unset" },
    };

    public async ValueTask InitializeAsync()
    {
        _host = await DenoiserHost.StartAsync("Workers=1");
        _golden = await _host.PublishGoldenAsync();
        _conditional = await _host.PublishConditionalAsync();
        _labelled = await _host.PublishConditionalAsync(nullClass: false);
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [MemberData(nameof(UnconditionalCases))]
    public async Task PredictNoise_OfInvalidRequest_NamesFieldAndRule(string mistake, string violation)
    {
        var request = DenoiserHost.Request(_golden, Golden.Instance.Row(0), Golden.Instance.Row(1));
        var row = request.Rows[1];
        switch (mistake)
        {
            case "shape": row.X = TensorCodec.Encode(Golden.Instance.SmallX[1], [1, 28, 28]); break;
            case "rank": row.X = TensorCodec.Encode(Golden.Instance.X[1], [1024]); break;
            case "bytes": row.X.Data = ByteString.CopyFrom(row.X.Data.Span[1..]); break;
            case "type": row.X.DataType = DataType.Unspecified; break;
            case "no x": row.X = null; break;
            case "nan": row.X = With(17, float.NaN); break;
            case "infinity": row.X = With(1023, float.NegativeInfinity); break;
            case "t=-1": row.Timestep = -1; break;
            case "t=999.5": row.Timestep = 999.5; break;
            case "t=NaN": row.Timestep = double.NaN; break;
            case "class": row.ClassLabel = 0; break;
            case "guidance": row.GuidanceScale = 2; break;
            case "no rows": request.Rows.Clear(); break;
            case "too many rows": request.Rows.AddRange(Enumerable.Repeat(row, 1023)); break;
            case "model": request.Model = "../golden"; break;
            case "alias": request.Version = "latest"; break;
            case "tenant": request.Tenant = new string('t', 65); break;
            case "job": request.Job = new string('j', 65); break;
            case "priority": request.Priority = (Priority)7; break;
            case "timeout=0": request.Timeout = new Duration(); break;
            case "timeout=25h": request.Timeout = new Duration { Seconds = 25 * 3600 }; break;
            case "timeout nanos": request.Timeout = new Duration { Seconds = long.MaxValue, Nanos = int.MinValue }; break;
        }

        (await ViolationsAsync(request)).ShouldBe([violation]);
    }

    [Theory]
    [MemberData(nameof(ConditionalCases))]
    public async Task PredictNoise_OfInvalidConditioning_NamesFieldAndRule(string mistake, string violation)
    {
        var request = DenoiserHost.Request(_conditional, Golden.Instance.Row(0));
        var row = request.Rows[0];
        row.ClassLabel = 1;
        switch (mistake)
        {
            case "class=-1": row.ClassLabel = -1; break;
            case "class=3": row.ClassLabel = 3; break;
            case "w=-1": row.GuidanceScale = -1; break;
            case "w=30.5": row.GuidanceScale = 30.5f; break;
            case "w=NaN": row.GuidanceScale = float.NaN; break;
            case "w without class":
                row.ClearClassLabel();
                row.GuidanceScale = 3;
                break;
        }

        (await ViolationsAsync(request)).ShouldBe([violation]);
    }

    [Fact]
    public async Task PredictNoise_WithoutNullClass_NeedsAClassAndTakesNoGuidance()
    {
        var request = DenoiserHost.Request(_labelled, Golden.Instance.Row(0), Golden.Instance.Row(1));
        request.Rows[1].ClassLabel = 2;
        request.Rows[1].GuidanceScale = 3;

        (await ViolationsAsync(request)).ShouldBe(
        [
            "rows[0].class_label must be set, 0 to 2: the network knows no null class",
            "rows[1].guidance_scale must be 1 or unset: the network knows no null class",
        ]);
    }

    [Fact]
    public async Task PredictNoise_OfSeveralMistakes_NamesThemAll()
    {
        var request = DenoiserHost.Request(_golden, Golden.Instance.Row(0), Golden.Instance.Row(1));
        request.Rows[0].Timestep = 1000;
        request.Rows[0].X = With(3, float.PositiveInfinity);
        request.Rows[1].ClassLabel = 1;

        (await ViolationsAsync(request)).Select(violation => violation.Split(' ')[0])
            .ShouldBe(["rows[0].timestep", "rows[0].x.data", "rows[1].class_label"], ignoreOrder: true);
    }

    [Fact]
    public async Task PredictNoise_OfUnknowableModel_NamesTheRowsMistakesToo()
    {
        var request = DenoiserHost.Request(_golden, Golden.Instance.Row(0));
        request.Model = "";
        request.Rows[0].Timestep = double.PositiveInfinity;

        (await ViolationsAsync(request)).Select(violation => violation.Split(' ')[0]).ShouldBe(["model", "rows[0].timestep"]);
    }

    private static Tensor With(int element, float value)
    {
        var x = Golden.Instance.X[1].ToArray();
        x[element] = value;
        return Golden.Encode(x);
    }

    private async Task<string[]> ViolationsAsync(PredictNoiseRequest request)
    {
        var failure = await Should.ThrowAsync<RpcException>(() => _host.SendAsync(request));
        failure.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        return [.. failure.FieldViolations().Select(violation => $"{violation.Field} {violation.Rule}")];
    }
}
