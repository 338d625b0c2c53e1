using System.Buffers.Binary;
using System.Collections;
using System.Numerics;
using Ddpm.Denoiser.OpenInference;
using Ddpm.Protocol;
using Ddpm.V1;
using Google.Protobuf;

namespace Ddpm.Denoiser;

/// <summary>An input of a request with its elements, which came raw or in the field of its datatype. Nothing is copied until it is read.</summary>
/// <param name="input">The input.</param>
/// <param name="kind">Which of them it is.</param>
/// <param name="raw">Its raw contents; null: it is to have typed ones.</param>
/// <param name="rawField">What a violation calls those.</param>
internal sealed class InferTensor(ModelInferRequest.Types.InferInputTensor input, InferInputKind kind, ByteString? raw, string rawField)
{
    private const int ExtentsShown = 8;

    public IReadOnlyList<long> Shape => input.Shape;

    /// <summary>The shape in words, for a violation.</summary>
    public string ShapeInWords =>
        Shape.Count <= ExtentsShown ? $"is [{string.Join(", ", Shape)}]" : $"has {Shape.Count} extents";

    /// <summary>Product of the extents, whatever a client makes of them.</summary>
    private BigInteger Elements => Shape.Aggregate(BigInteger.One, (product, extent) => product * extent);

    private int ElementSize => input.Datatype switch
    {
        "FP64" or "INT64" => 8,
        "FP16" or "BF16" => 2,
        _ => 4,
    };

    /// <summary>The field of typed contents for the datatype.</summary>
    private IList Typed => input.Datatype switch
    {
        "FP32" => input.Contents.Fp32Contents,
        "FP64" => input.Contents.Fp64Contents,
        "INT32" => input.Contents.IntContents,
        _ => input.Contents.Int64Contents,
    };

    private bool ComesRawAlone => input.Datatype is "FP16" or "BF16";

    /// <summary>Notes what is wrong with the datatype, or with where the elements are.</summary>
    /// <returns>Whether there are elements to count.</returns>
    public bool CheckForm(Violations violations)
    {
        if (input.Parameters.ContainsKey("shared_memory_region"))
            return violations.Add($"{kind.Field}.parameters", "must not hold shared_memory_region: elements come in the request");
        if (!kind.Datatypes.Contains(input.Datatype))
            return violations.Add($"{kind.Field}.datatype", $"must be one of {string.Join(", ", kind.Datatypes)}");
        if (raw is not null)
            return input.Contents is null || violations.Add($"{kind.Field}.contents", "must not be set where raw_input_contents is");
        if (ComesRawAlone)
            return violations.Add("raw_input_contents", $"must be set where {kind.Field} is {input.Datatype}, which has no typed contents");
        return input.Contents is not null || violations.Add($"{kind.Field}.contents", "must be set where raw_input_contents is not");
    }

    /// <summary>Notes that there are more or fewer elements than the shape says, once form and shape are known to be right.</summary>
    public void CheckLength(Violations violations)
    {
        if (raw is not null)
        {
            var expected = Elements * ElementSize;
            if (expected != raw.Length)
                violations.Add(rawField, $"must hold {expected} bytes for the shape and datatype of {kind.Field}, holds {raw.Length}");
        }
        else if (Elements != Typed.Count)
        {
            violations.Add($"{kind.Field}.contents", $"must hold {Elements} elements of {input.Datatype} for its shape, holds {Typed.Count}");
        }
        else if (CountAll(input.Contents) != Typed.Count)
        {
            violations.Add($"{kind.Field}.contents", $"must hold elements of {input.Datatype} alone");
        }
    }

    /// <summary>The element of a row, where one may stand for all.</summary>
    public double OfRow(int row)
    {
        var index = Elements.IsOne ? 0 : row;
        if (raw is null)
            return Convert.ToDouble(Typed[index], null);
        var bytes = raw.Span[(index * ElementSize)..];
        return input.Datatype switch
        {
            "FP32" => BinaryPrimitives.ReadSingleLittleEndian(bytes),
            "FP64" => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
            "INT32" => BinaryPrimitives.ReadInt32LittleEndian(bytes),
            _ => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        };
    }

    /// <summary>The elements of a row as float32, FP16 and BF16 widened.</summary>
    /// <param name="row">Index of the row.</param>
    /// <param name="elements">Elements of each.</param>
    public ReadOnlyMemory<float> ImageOfRow(int row, int elements)
    {
        if (raw is null)
        {
            var image = new float[elements];
            for (var i = 0; i < elements; i++)
                image[i] = input.Contents.Fp32Contents[row * elements + i];
            return image;
        }
        var bytes = elements * ElementSize;
        return TensorCodec.View(new Tensor
        {
            DataType = input.Datatype switch { "FP16" => DataType.F16, "BF16" => DataType.Bf16, _ => DataType.F32 },
            Data = UnsafeByteOperations.UnsafeWrap(raw.Memory.Slice(row * bytes, bytes)),
        });
    }

    /// <summary>Elements of the fields of all datatypes.</summary>
    private static int CountAll(InferTensorContents contents) =>
        contents.BoolContents.Count + contents.IntContents.Count + contents.Int64Contents.Count + contents.UintContents.Count
        + contents.Uint64Contents.Count + contents.Fp32Contents.Count + contents.Fp64Contents.Count + contents.BytesContents.Count;
}
