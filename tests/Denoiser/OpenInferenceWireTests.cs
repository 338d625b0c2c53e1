using Ddpm.Denoiser.OpenInference;
using Google.Protobuf.Reflection;

namespace Ddpm.Denoiser.Tests;

/// <summary>Names, numbers and types as the protocol is published: others' clients depend on each of them.</summary>
public sealed class OpenInferenceWireTests
{
    private const string Parameters = "parameters=4 map of InferParameter";

    private static FileDescriptor Published => OpenInferenceGrpcReflection.Descriptor;

    public static TheoryData<string, string[]> Messages => new()
    {
        { "ServerLiveRequest", [] },
        { "ServerLiveResponse", ["live=1 Bool"] },
        { "ServerReadyRequest", [] },
        { "ServerReadyResponse", ["ready=1 Bool"] },
        { "ModelReadyRequest", ["name=1 String", "version=2 String"] },
        { "ModelReadyResponse", ["ready=1 Bool"] },
        { "ServerMetadataRequest", [] },
        { "ServerMetadataResponse", ["name=1 String", "version=2 String", "extensions=3 repeated String"] },
        { "ModelMetadataRequest", ["name=1 String", "version=2 String"] },
        {
            "ModelMetadataResponse",
            ["name=1 String", "versions=2 repeated String", "platform=3 String", "inputs=4 repeated TensorMetadata", "outputs=5 repeated TensorMetadata"]
        },
        { "ModelMetadataResponse.TensorMetadata", ["name=1 String", "datatype=2 String", "shape=3 repeated Int64"] },
        {
            "ModelInferRequest",
            [
                "model_name=1 String", "model_version=2 String", "id=3 String", Parameters, "inputs=5 repeated InferInputTensor",
                "outputs=6 repeated InferRequestedOutputTensor", "raw_input_contents=7 repeated Bytes",
            ]
        },
        {
            "ModelInferRequest.InferInputTensor",
            ["name=1 String", "datatype=2 String", "shape=3 repeated Int64", Parameters, "contents=5 InferTensorContents"]
        },
        { "ModelInferRequest.InferRequestedOutputTensor", ["name=1 String", "parameters=2 map of InferParameter"] },
        {
            "ModelInferResponse",
            [
                "model_name=1 String", "model_version=2 String", "id=3 String", Parameters, "outputs=5 repeated InferOutputTensor",
                "raw_output_contents=6 repeated Bytes",
            ]
        },
        {
            "ModelInferResponse.InferOutputTensor",
            ["name=1 String", "datatype=2 String", "shape=3 repeated Int64", Parameters, "contents=5 InferTensorContents"]
        },
        {
            "InferParameter",
            [
                "bool_param=1 Bool in parameter_choice", "int64_param=2 Int64 in parameter_choice", "string_param=3 String in parameter_choice",
                "double_param=4 Double in parameter_choice", "uint64_param=5 UInt64 in parameter_choice",
            ]
        },
        {
            "InferTensorContents",
            [
                "bool_contents=1 repeated Bool", "int_contents=2 repeated Int32", "int64_contents=3 repeated Int64", "uint_contents=4 repeated UInt32",
                "uint64_contents=5 repeated UInt64", "fp32_contents=6 repeated Float", "fp64_contents=7 repeated Double", "bytes_contents=8 repeated Bytes",
            ]
        },
    };

    [Theory]
    [MemberData(nameof(Messages))]
    public void Message_HasThePublishedFields(string name, string[] fields)
    {
        var message = name.Split('.') is [var outer, var inner]
            ? Published.FindTypeByName<MessageDescriptor>(outer).NestedTypes.Single(nested => nested.Name == inner)
            : Published.FindTypeByName<MessageDescriptor>(name);

        message.Fields.InFieldNumberOrder().Select(InWords).ShouldBe(fields);
    }

    [Fact]
    public void Service_HasThePublishedCalls()
    {
        Published.Package.ShouldBe("inference");
        var service = Published.Services.ShouldHaveSingleItem();
        service.FullName.ShouldBe("inference.GRPCInferenceService");
        service.Methods.Select(method => method.Name)
            .ShouldBe(["ServerLive", "ServerReady", "ModelReady", "ServerMetadata", "ModelMetadata", "ModelInfer"]);
        foreach (var method in service.Methods)
        {
            method.InputType.Name.ShouldBe($"{method.Name}Request");
            method.OutputType.Name.ShouldBe($"{method.Name}Response");
            (method.IsClientStreaming || method.IsServerStreaming).ShouldBeFalse();
        }
    }

    private static string InWords(FieldDescriptor field)
    {
        var type = field.IsMap ? $"map of {field.MessageType.FindFieldByNumber(2).MessageType.Name}"
            : field.FieldType == FieldType.Message ? field.MessageType.Name
            : field.FieldType.ToString();
        var repeated = field is { IsRepeated: true, IsMap: false } ? "repeated " : "";
        var choice = field.RealContainingOneof is { } oneof ? $" in {oneof.Name}" : "";
        return $"{field.Name}={field.FieldNumber} {repeated}{type}{choice}";
    }
}
