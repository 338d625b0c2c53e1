using System.Buffers.Binary;
using Ddpm.V1;
using Google.Protobuf;

namespace Ddpm.Protocol.Tests;

public class TensorCodecTests
{
    [Fact]
    public void Encode_KnownValues_GivesLittleEndianIeee754()
    {
        var tensor = TensorCodec.Encode(new[] { 1f, -2f }, [1, 2]);

        tensor.DataType.ShouldBe(DataType.F32);
        tensor.Shape.ShouldBe([1L, 2L]);
        // IEEE 754: 1 = 3F800000, −2 = C0000000.
        tensor.Data.ToByteArray().ShouldBe([0x00, 0x00, 0x80, 0x3F, 0x00, 0x00, 0x00, 0xC0]);
    }

    [Fact]
    public void Decode_EncodedSpecialValues_KeepsEveryBit()
    {
        float[] values = [0f, -0f, float.Epsilon, float.MaxValue, float.NaN, float.NegativeInfinity, MathF.PI, 1e-40f];
        var decoded = TensorCodec.Decode(TensorCodec.Encode(values, [8]));
        decoded.Select(BitConverter.SingleToUInt32Bits).ShouldBe(values.Select(BitConverter.SingleToUInt32Bits));
    }

    [Fact]
    public void Decode_HalfPrecision_WidensAsTheFrameworkDoes()
    {
        float[] values = [0f, 1f, -0.333251953125f, 65504f, 6.103515625e-05f];
        var bytes = new byte[values.Length * 2];
        for (var i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteHalfLittleEndian(bytes.AsSpan(2 * i), (Half)values[i]);
        TensorCodec.Decode(Tensor(DataType.F16, bytes, values.Length)).ShouldBe(values);
    }

    [Fact]
    public void Decode_BrainFloat_IsTheUpperHalfOfFloat32()
    {
        // bfloat16: 3F80 = 1, C049 = −3.140625.
        TensorCodec.Decode(Tensor(DataType.Bf16, [0x80, 0x3F, 0x49, 0xC0], 2)).ShouldBe([1f, -3.140625f]);
    }

    /// <summary>Lengths around those of vectors, so that the rest is met too.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(97)]
    public void Encode_NarrowTypes_RoundsEachValueToTheNearest(int count)
    {
        var random = new Random(count);
        float[] values = [.. Enumerable.Range(0, count).Select(_ => BitConverter.Int32BitsToSingle(random.Next()))];
        (values[0], values[count / 2]) = (float.NaN, 1 + 1 / 256f);

        var halves = TensorCodec.Decode(TensorCodec.Encode(values, [count], DataType.F16));
        var brain = TensorCodec.Decode(TensorCodec.Encode(values, [count], DataType.Bf16));

        halves.ShouldBe(values.Select(value => (float)(Half)value));
        for (var i = 0; i < count; i++)
        {
            if (float.IsNaN(values[i]))
                brain[i].ShouldBe(float.NaN);
            else
                // The neighbours in bfloat16 are 2⁻⁷ of its power of two apart; the nearest is at most half of that away.
                ((double)Math.Abs(brain[i] - values[i])).ShouldBeLessThanOrEqualTo(Math.ScaleB(1, Math.Max(Math.ILogB(values[i]), -126) - 8));
        }
    }

    [Fact]
    public void Encode_BrainFloatHalfWayBetweenTwo_TakesTheEvenOne()
    {
        float[] values = [1 + 1 / 256f, 1 + 3 / 256f, -1 - 1 / 256f];

        TensorCodec.Decode(TensorCodec.Encode(values, [3], DataType.Bf16)).ShouldBe([1, 1 + 4 / 256f, -1]);
    }

    [Fact]
    public void View_OfFloat32_ReadsTheMessageWhereItLies()
    {
        float[] values = [1.5f, -2, float.Epsilon];
        var tensor = TensorCodec.Encode(values, [3]);
        TensorCodec.View(tensor).ToArray().ShouldBe(values);

        values[1] = 7;

        TensorCodec.View(tensor).Span[1].ShouldBe(7);
        tensor.ToByteArray().ShouldBe(TensorCodec.Encode(values, [3]).ToByteArray());
    }

    [Fact]
    public unsafe void Encode_OfFloat32_CanBePinnedWhereItLies()
    {
        float[] values = [1, 2, 3];
        var bytes = TensorCodec.Encode(values, [3]).Data.Memory;

        using var first = bytes.Pin();
        using var second = bytes[sizeof(float)..].Pin();

        (*(float*)first.Pointer, *(float*)second.Pointer).ShouldBe((1f, 2f));
    }

    [Fact]
    public void Encode_TooFewValues_Throws() =>
        Should.Throw<ArgumentException>(() => TensorCodec.Encode(new[] { 1f }, [2, 2]));

    public static TheoryData<string, Tensor?, string> BadTensors => new()
    {
        { "unset", null, "x" },
        { "no type", new Tensor { Shape = { 1 }, Data = ByteString.CopyFrom(1, 2, 3, 4) }, "x.data_type" },
        { "unknown type", Tensor((DataType)99, [1, 2, 3, 4], 1), "x.data_type" },
        { "zero extent", Tensor(DataType.F32, [], 0), "x.shape" },
        { "negative extent", Tensor(DataType.F32, [1, 2, 3, 4], -1), "x.shape" },
        { "rank 9", Tensor(DataType.F32, [1, 2, 3, 4], 1, 1, 1, 1, 1, 1, 1, 1, 1), "x.shape" },
        { "short", Tensor(DataType.F32, [1, 2, 3], 1), "x.data" },
        { "long", Tensor(DataType.F32, [1, 2, 3, 4, 5], 1), "x.data" },
        { "product overflows 64 bits to the right length", Tensor(DataType.F32, [1, 2, 3, 4], 1L << 62, 1L << 62, 16), "x.data" },
        { "product overflows 128 bits to zero", Tensor(DataType.F32, [], 1L << 62, 1L << 62, 1L << 62), "x.data" },
    };

    [Theory]
    [MemberData(nameof(BadTensors))]
    public void Validate_BadTensor_NamesTheField(string why, Tensor? tensor, string field)
    {
        var violations = new Violations();
        TensorCodec.Validate(tensor, "x", violations).ShouldBeFalse(why);
        violations.Items.ShouldHaveSingleItem().Field.ShouldBe(field);
    }

    [Fact]
    public void Validate_GoodTensor_NotesNothing()
    {
        var violations = new Violations();
        TensorCodec.Validate(TensorCodec.Encode(new[] { 1f, 2f }, [2, 1]), "x", violations).ShouldBeTrue();
        violations.HasAny.ShouldBeFalse();
    }

    private static Tensor Tensor(DataType type, byte[] data, params long[] shape) =>
        new() { DataType = type, Data = ByteString.CopyFrom(data), Shape = { shape } };
}
