using System.Runtime.InteropServices;
using Ddpm.Denoiser.OpenInference;
using Ddpm.Storage.Models;
using Google.Protobuf;

namespace Ddpm.Denoiser.Tests;

/// <summary>Requests of the Open Inference Protocol, as its clients write them.</summary>
internal static class InferRequests
{
    public static ModelInferRequest Of(StoredVersion version) => new() { ModelName = version.Model, ModelVersion = version.Version };

    /// <summary>A request for rows of <see cref="Golden"/>, each at its timestep.</summary>
    public static ModelInferRequest OfGoldenRows(StoredVersion version, bool raw, params int[] rows) => Of(version)
        .WithSample([.. rows.SelectMany(row => Golden.Instance.X[row])], raw)
        .With("timestep", "INT64", [rows.Length], rows.Select(row => Golden.Instance.Timesteps[row]).ToArray(), raw);

    public static ModelInferRequest WithSample(this ModelInferRequest request, float[] values, bool raw) =>
        request.With("sample", "FP32", [values.Length / Golden.Elements, 1, Golden.Side, Golden.Side], values, raw);

    /// <summary>Adds an input whose elements are of its datatype's type.</summary>
    public static ModelInferRequest With<T>(
        this ModelInferRequest request, string name, string datatype, long[] shape, T[] values, bool raw)
        where T : unmanaged
    {
        if (raw)
            return request.WithRaw(name, datatype, shape, MemoryMarshal.AsBytes<T>(values));
        var contents = new InferTensorContents();
        switch (values)
        {
            case float[] floats: contents.Fp32Contents.Add(floats); break;
            case double[] doubles: contents.Fp64Contents.Add(doubles); break;
            case int[] ints: contents.IntContents.Add(ints); break;
            case long[] longs: contents.Int64Contents.Add(longs); break;
            default: throw new ArgumentException($"The protocol has no field for {typeof(T)}.", nameof(values));
        }
        request.Inputs.Add(new ModelInferRequest.Types.InferInputTensor { Name = name, Datatype = datatype, Shape = { shape }, Contents = contents });
        return request;
    }

    public static ModelInferRequest WithRaw(this ModelInferRequest request, string name, string datatype, long[] shape, ReadOnlySpan<byte> bytes)
    {
        request.Inputs.Add(new ModelInferRequest.Types.InferInputTensor { Name = name, Datatype = datatype, Shape = { shape } });
        request.RawInputContents.Add(ByteString.CopyFrom(bytes));
        return request;
    }

    /// <summary>ε of each row, wherever the answer holds it.</summary>
    public static float[][] Rows(this ModelInferResponse response)
    {
        var output = response.Outputs.ShouldHaveSingleItem();
        var values = response.RawOutputContents is [var bytes]
            ? MemoryMarshal.Cast<byte, float>(bytes.Span).ToArray()
            : [.. output.Contents.Fp32Contents];
        values.Length.ShouldBe((int)output.Shape.Aggregate((product, extent) => product * extent));
        return [.. values.Chunk(values.Length / (int)output.Shape[0])];
    }
}
