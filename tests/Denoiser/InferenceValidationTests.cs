using Ddpm.Denoiser.OpenInference;
using Ddpm.Protocol;
using Ddpm.Storage.Models;
using Google.Protobuf;
using Grpc.Core;

namespace Ddpm.Denoiser.Tests;

public sealed class InferenceValidationTests : IAsyncLifetime
{
    private const long Huge = 1L << 40;

    private DenoiserHost _host = null!;
    private StoredVersion _golden = null!;
    private StoredVersion _conditional = null!;
    private StoredVersion _labelled = null!;

    public static TheoryData<string, string> Cases => new()
    {
        { "model", "model_name must be 1 to 63 characters of a-z, 0-9 and '-', beginning with a letter or digit" },
        { "version", "model_version must be empty, an alias or a version's 64 hexadecimal digits in lower case" },
        { "no inputs", "inputs must hold sample; inputs must hold timestep" },
        { "no sample", "inputs must hold sample" },
        { "no timestep", "inputs must hold timestep" },
        { "unknown input", "inputs[2].name must be one of sample, timestep, class_labels, guidance_scale" },
        { "input twice", "inputs[2].name must not be timestep again" },
        { "many inputs", "inputs must be at most 4, are 5" },
        { "unknown output", "outputs[0].name must be predicted_noise" },
        { "output twice", "outputs must be empty or predicted_noise alone, are 2" },
        { "classification", "outputs[0].parameters must not hold classification: an output comes in the answer, as it is" },
        { "shared memory out", "outputs[0].parameters must not hold shared_memory_region: an output comes in the answer, as it is" },
        { "shared memory in", "inputs.sample.parameters must not hold shared_memory_region: elements come in the request" },
        { "sample type", "inputs.sample.datatype must be one of FP32, FP16, BF16" },
        { "timestep type", "inputs.timestep.datatype must be one of FP32, FP64, INT64, INT32" },
        { "label type", "inputs.class_labels.datatype must be one of INT64, INT32" },
        { "guidance type", "inputs.guidance_scale.datatype must be one of FP32" },
        { "rank", "inputs.sample.shape must be [N, C, H, W], is [2, 1024]" },
        { "ranks", "inputs.sample.shape must be [N, C, H, W], has 1000 extents" },
        { "no rows", "inputs.sample.shape must begin with 1 to 1024 rows, is [0, 1, 32, 32]" },
        { "too many rows", "inputs.sample.shape must begin with 1 to 1024 rows, is [1025, 1, 32, 32]" },
        { "negative", "inputs.sample.shape must have extents of at least 1, is [2, -1, -32, 32]" },
        { "huge", "raw_input_contents[0] must hold 10633823966279326983230456482242756608 bytes for the shape and datatype of inputs.sample, holds 8192" },
        { "wrapping", "raw_input_contents[0] must hold 18446744073709551616 bytes for the shape and datatype of inputs.sample, holds 8192" },
        { "image", "inputs.sample.shape must be [2, 1, 32, 32], is [2, 4, 16, 16]" },
        { "timestep rank", "inputs.timestep.shape must be [2], [1] or [], is [2, 1]" },
        { "timestep rows", "inputs.timestep.shape must be [2], [1] or [], is [3]" },
        { "timestep none", "inputs.timestep.shape must be [2], [1] or [], is [0]" },
        { "timestep negative", "inputs.timestep.shape must be [2], [1] or [], is [-2]" },
        { "bytes", "raw_input_contents[0] must hold 8192 bytes for the shape and datatype of inputs.sample, holds 8191" },
        { "timestep bytes", "raw_input_contents[1] must hold 16 bytes for the shape and datatype of inputs.timestep, holds 8" },
        { "fewer raw", "raw_input_contents must be one for each of the 2 inputs, or none, are 1" },
        { "raw and typed", "inputs.timestep.contents must not be set where raw_input_contents is" },
        { "nan", "inputs.sample[1] must be finite, element 17 is NaN" },
        { "t=-1", "inputs.timestep[1] must be 0 to 999, is -1" },
        { "t=NaN", "inputs.timestep[0] must be finite, is NaN" },
        { "t=1000", "inputs.timestep[0] must be 0 to 999, is 1000" },
        { "class", "inputs.class_labels[0] must not be set: the network knows no classes" },
        { "guidance", "inputs.guidance_scale[0] must be 1 or unset where class_label is unset" },
    };

    public static TheoryData<string, string> TypedCases => new()
    {
        { "none", "inputs.sample.contents must be set where raw_input_contents is not" },
        { "half", "raw_input_contents must be set where inputs.sample is BF16, which has no typed contents" },
        { "short", "inputs.sample.contents must hold 2048 elements of FP32 for its shape, holds 2047" },
        { "other field", "inputs.timestep.contents must hold 2 elements of FP64 for its shape, holds 0" },
        { "two fields", "inputs.timestep.contents must hold elements of INT64 alone" },
        { "infinity", "inputs.sample[0] must be finite, element 3 is Infinity" },
    };

    public static TheoryData<string, string> ConditionalCases => new()
    {
        { "class=-1", "inputs.class_labels[0] must be 0 to 2, is -1" },
        { "class=2^32", "inputs.class_labels[0] must be 0 to 2, is 4294967296" },
        { "w=31", "inputs.guidance_scale[0] must be 0 to 30, is 31" },
        { "w=NaN", "inputs.guidance_scale[0] must be 0 to 30, is NaN" },
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
    [MemberData(nameof(Cases))]
    public async Task ModelInfer_OfInvalidRequest_NamesFieldAndRule(string mistake, string violation)
    {
        var request = InferRequests.OfGoldenRows(_golden, raw: true, 0, 1);
        var (sample, timestep) = (request.Inputs[0], request.Inputs[1]);
        switch (mistake)
        {
            case "model": request.ModelName = "../golden"; break;
            case "version": request.ModelVersion = "../latest"; break;
            case "no inputs":
                request.Inputs.Clear();
                request.RawInputContents.Clear();
                break;
            case "no sample": Remove(request, 0); break;
            case "no timestep": Remove(request, 1); break;
            case "unknown input": request.With("encoder_hidden_states", "FP32", [1], new[] { 1f }, raw: true); break;
            case "input twice": request.With("timestep", "INT64", [1], new[] { 1L }, raw: true); break;
            case "many inputs": request.Inputs.Add([sample, sample, sample]); break;
            case "unknown output": request.Outputs.Add(Output("epsilon")); break;
            case "output twice": request.Outputs.Add([Output("predicted_noise"), Output("predicted_noise")]); break;
            case "classification": request.Outputs.Add(Output("predicted_noise", "classification")); break;
            case "shared memory out": request.Outputs.Add(Output("predicted_noise", "shared_memory_region")); break;
            case "shared memory in": sample.Parameters.Add("shared_memory_region", new InferParameter { StringParam = "region" }); break;
            case "sample type": sample.Datatype = "FP64"; break;
            case "timestep type": timestep.Datatype = "int64"; break;
            case "label type": request.With("class_labels", "FP32", [1], new[] { 1f }, raw: true); break;
            case "guidance type": request.With("guidance_scale", "FP64", [1], new[] { 1d }, raw: true); break;
            case "rank": Reshape(sample, 2, 1024); break;
            case "ranks": Reshape(sample, [.. Enumerable.Repeat(1L, 1000)]); break;
            case "no rows": Reshape(sample, 0, 1, 32, 32); break;
            case "too many rows": Reshape(sample, 1025, 1, 32, 32); break;
            case "negative": Reshape(sample, 2, -1, -32, 32); break;
            case "huge": Reshape(sample, 2, Huge, Huge, Huge); break;
            // 2⁶² elements of 4 bytes are 0 in 64 bits.
            case "wrapping": Reshape(sample, 2, 1L << 20, 1L << 20, 1L << 21); break;
            case "image": Reshape(sample, 2, 4, 16, 16); break;
            case "timestep rank": Reshape(timestep, 2, 1); break;
            case "timestep rows": Reshape(timestep, 3); break;
            case "timestep none": Reshape(timestep, 0); break;
            case "timestep negative": Reshape(timestep, -2); break;
            case "bytes": request.RawInputContents[0] = ByteString.CopyFrom(request.RawInputContents[0].Span[1..]); break;
            case "timestep bytes": request.RawInputContents[1] = ByteString.CopyFrom(request.RawInputContents[1].Span[8..]); break;
            case "fewer raw": request.RawInputContents.RemoveAt(1); break;
            case "raw and typed": timestep.Contents = new InferTensorContents { Int64Contents = { 1, 2 } }; break;
            case "nan":
                var values = Golden.Instance.X[1].ToArray();
                values[17] = float.NaN;
                request = InferRequests.Of(_golden).WithSample([.. Golden.Instance.X[0], .. values], raw: true)
                    .With("timestep", "INT64", [], new[] { 1L }, raw: true);
                break;
            case "t=-1": Timesteps(request, "FP32", [1f, -1f]); break;
            case "t=NaN": Timesteps(request, "FP64", [double.NaN, 1]); break;
            case "t=1000": Timesteps(request, "INT32", [1000, 1000]); break;
            case "class": request.With("class_labels", "INT64", [2], new[] { 0L, 0L }, raw: true); break;
            case "guidance": request.With("guidance_scale", "FP32", [1], new[] { 2f }, raw: true); break;
        }

        (await ViolationsAsync(request)).ShouldBe(violation);
    }

    [Theory]
    [MemberData(nameof(TypedCases))]
    public async Task ModelInfer_OfInvalidTypedContents_NamesFieldAndRule(string mistake, string violation)
    {
        var request = InferRequests.OfGoldenRows(_golden, raw: false, 0, 1);
        var (sample, timestep) = (request.Inputs[0], request.Inputs[1]);
        switch (mistake)
        {
            case "none": sample.Contents = null; break;
            case "half": sample.Datatype = "BF16"; break;
            case "short": sample.Contents.Fp32Contents.RemoveAt(5); break;
            case "other field": timestep.Datatype = "FP64"; break;
            case "two fields": timestep.Contents.BytesContents.Add(ByteString.Empty); break;
            case "infinity": sample.Contents.Fp32Contents[3] = float.PositiveInfinity; break;
        }

        (await ViolationsAsync(request)).ShouldBe(violation);
    }

    [Theory]
    [MemberData(nameof(ConditionalCases))]
    public async Task ModelInfer_OfInvalidConditioning_NamesFieldAndRule(string mistake, string violation)
    {
        var parts = mistake.Split('=');
        var request = InferRequests.OfGoldenRows(_conditional, raw: true, 0);
        if (parts[0] == "class")
            request.With("class_labels", "INT64", [1], new[] { parts[1] == "2^32" ? 1L << 32 : -1 }, raw: true);
        else
        {
            request.With("class_labels", "INT64", [1], new[] { 1L }, raw: true)
                .With("guidance_scale", "FP32", [1], new[] { parts[1] == "NaN" ? float.NaN : 31 }, raw: true);
        }

        (await ViolationsAsync(request)).ShouldBe(violation);
    }

    [Fact]
    public async Task ModelInfer_WithoutNullClass_NeedsAClassAndTakesNoGuidance()
    {
        (await ViolationsAsync(InferRequests.OfGoldenRows(_labelled, raw: true, 0, 1)))
            .ShouldBe("inputs.class_labels[0] must be set, 0 to 2: the network knows no null class");

        var guided = InferRequests.OfGoldenRows(_labelled, raw: true, 0, 1)
            .With("class_labels", "INT32", [1], new[] { 1 }, raw: true)
            .With("guidance_scale", "FP32", [1], new[] { 3f }, raw: true);
        (await ViolationsAsync(guided)).ShouldBe("inputs.guidance_scale[0] must be 1 or unset: the network knows no null class");
    }

    [Fact]
    public async Task ModelInfer_OfSeveralMistakes_NamesThemAll()
    {
        var request = InferRequests.OfGoldenRows(_golden, raw: true, 0, 1);
        request.ModelName = "";
        request.Inputs[0].Datatype = "INT8";
        Reshape(request.Inputs[1], 5);
        request.Outputs.Add(Output("epsilon"));

        (await ViolationsAsync(request)).Split("; ").Select(violation => violation.Split(' ')[0])
            .ShouldBe(["model_name", "outputs[0].name", "inputs.sample.datatype", "inputs.timestep.shape"], ignoreOrder: true);
    }

    private static void Remove(ModelInferRequest request, int input)
    {
        request.Inputs.RemoveAt(input);
        request.RawInputContents.RemoveAt(input);
    }

    private static void Reshape(ModelInferRequest.Types.InferInputTensor input, params long[] shape)
    {
        input.Shape.Clear();
        input.Shape.Add(shape);
    }

    private static void Timesteps<T>(ModelInferRequest request, string datatype, T[] timesteps)
        where T : unmanaged
    {
        Remove(request, 1);
        request.With("timestep", datatype, [timesteps.Length], timesteps, raw: true);
    }

    private static ModelInferRequest.Types.InferRequestedOutputTensor Output(string name, string? parameter = null)
    {
        var output = new ModelInferRequest.Types.InferRequestedOutputTensor { Name = name };
        if (parameter is not null)
            output.Parameters.Add(parameter, new InferParameter { StringParam = "region" });
        return output;
    }

    /// <summary>The violations that the answer's details name, which its message says too.</summary>
    private async Task<string> ViolationsAsync(ModelInferRequest request)
    {
        var failure = await Should.ThrowAsync<RpcException>(() => _host.InferAsync(request));
        failure.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        var violations = string.Join("; ", failure.FieldViolations().Select(violation => $"{violation.Field} {violation.Rule}"));
        failure.Status.Detail.ShouldBe(violations);
        return violations;
    }
}
