using System.Text;
using CsCheck;

namespace Ddpm.Safetensors.Tests;

public sealed class SafetensorsWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Write_TensorsOfThePythonLibrarysFile_GivesItsBytes()
    {
        using var golden = SafetensorsFile.Open(Goldens.PythonLibrary);
        var writer = new SafetensorsWriter { Metadata = { ["format"] = "pt" } };
        foreach (var entry in golden.Entries.Values.Reverse())
            writer.Add(entry.Name, golden.ReadFloat32(entry.Name), entry.Shape);
        var path = _folder.File("again.safetensors");

        writer.Write(path);

        File.ReadAllBytes(path).AsSpan().SequenceEqual(File.ReadAllBytes(Goldens.PythonLibrary)).ShouldBeTrue();
    }

    [Fact]
    public void Write_SmallFile_GivesTheBytesOfTheSpecification()
    {
        using var stream = new MemoryStream();

        new SafetensorsWriter { Metadata = { ["z"] = "1", ["a"] = "\"" } }
            .AddBytes("u8", SafetensorsType.U8, new byte[] { 7 }, [1])
            .Add("b", new[] { 1f, -2f }, [2, 1])
            .Add("a", new[] { 5L }, [])
            .Write(stream);

        var header =
            """{"__metadata__":{"a":"\"","z":"1"},"a":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2,1],"data_offsets":[8,16]},"u8":{"dtype":"U8","shape":[1],"data_offsets":[16,17]}}""";
        var padded = header.PadRight((header.Length + 7) / 8 * 8);
        byte[] expected =
        [
            (byte)padded.Length, 0, 0, 0, 0, 0, 0, 0,
            .. Encoding.UTF8.GetBytes(padded),
            5, 0, 0, 0, 0, 0, 0, 0,
            0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0,
            7,
        ];
        stream.ToArray().ShouldBe(expected);
    }

    [Theory]
    // The ends of the intervals that round to even, and their neighbours.
    [InlineData(1.00390625f, 0x3F80, 0x3C04)]
    [InlineData(1.0039064f, 0x3F81, 0x3C04)]
    [InlineData(1.01171875f, 0x3F82, 0x3C0C)]
    [InlineData(-3.1415927f, 0xC049, 0xC248)]
    [InlineData(1e-8f, 0x322C, 0x0000)]
    [InlineData(65520f, 0x4780, 0x7C00)]
    [InlineData(float.MaxValue, 0x7F80, 0x7C00)]
    [InlineData(float.NegativeInfinity, 0xFF80, 0xFC00)]
    [InlineData(-0f, 0x8000, 0x8000)]
    public void Write_ToHalfTypes_RoundsToNearestEven(float value, int brainFloat, int half)
    {
        var path = _folder.File("half.safetensors");

        new SafetensorsWriter().Add("bf16", new[] { value }, [1], SafetensorsType.BF16).Add("f16", new[] { value }, [1], SafetensorsType.F16).Write(path);

        using var file = SafetensorsFile.Open(path);
        BitConverter.ToUInt16(file.Bytes("bf16")).ShouldBe((ushort)brainFloat);
        BitConverter.ToUInt16(file.Bytes("f16")).ShouldBe((ushort)half);
    }

    [Fact]
    public void Write_NotANumber_StaysNotANumber()
    {
        var path = _folder.File("nan.safetensors");
        // A payload in the lower bits alone must not become infinity.
        float[] values = [float.NaN, BitConverter.UInt32BitsToSingle(0x7F800001)];

        new SafetensorsWriter().Add("x", values, [2], SafetensorsType.BF16).Write(path);

        using var file = SafetensorsFile.Open(path);
        file.ReadFloat32("x").ShouldAllBe(v => float.IsNaN(v));
    }

    [Fact]
    public void Write_AnyTensors_ReadBackTheSameAndInAnyOrderTheSameBytes()
    {
        var names = Gen.String[Gen.Char["ab.\"\\/é\u0001漢 "], 0, 6];
        var tensor = Gen.Select(Gen.Enum<SafetensorsType>(), Gen.Long[0, 4].Array[0, 4]).SelectMany((type, shape) =>
            Gen.Byte.Array[(int)shape.Aggregate((long)type.ElementSize(), (size, extent) => size * extent)].Select(bytes => (type, shape, bytes)));
        var path = _folder.File("any.safetensors");

        Gen.Select(Gen.Dictionary(names, tensor)[0, 8], Gen.Dictionary(names, names)[0, 3]).Sample(
            (tensors, metadata) =>
            {
                using var forwards = new MemoryStream();
                using var backwards = new MemoryStream();
                Writer(tensors, metadata).Write(forwards);
                Writer(tensors.Reverse(), metadata.Reverse()).Write(backwards);
                forwards.ToArray().ShouldBe(backwards.ToArray());

                File.WriteAllBytes(path, forwards.ToArray());
                using var file = SafetensorsFile.Open(path);
                file.Metadata.ShouldBe(metadata, ignoreOrder: true);
                file.Entries.Count.ShouldBe(tensors.Count);
                foreach (var (name, (type, shape, bytes)) in tensors)
                {
                    var entry = file.Entries[name];
                    entry.DType.ShouldBe(type);
                    entry.Shape.ShouldBe(shape);
                    (entry.Offset % type.ElementSize()).ShouldBe(0);
                    file.Bytes(name).ToArray().ShouldBe(bytes);
                }
            },
            iter: 300,
            threads: 1);

        static SafetensorsWriter Writer(
            IEnumerable<KeyValuePair<string, (SafetensorsType, long[], byte[])>> tensors, IEnumerable<KeyValuePair<string, string>> metadata)
        {
            var writer = new SafetensorsWriter();
            foreach (var (key, value) in metadata)
                writer.Metadata[key] = value;
            foreach (var (name, (type, shape, bytes)) in tensors)
                writer.AddBytes(name, type, bytes, shape);
            return writer;
        }
    }

    [Fact]
    public void Add_WhatNoFileMayHold_IsRefused()
    {
        var writer = new SafetensorsWriter().Add("a", new[] { 1f }, [1]);

        Should.Throw<ArgumentException>(() => writer.Add("a", new[] { 1f }, [1])).Message.ShouldContain("'a' was added before");
        Should.Throw<ArgumentException>(() => writer.Add("__metadata__", new[] { 1f }, [1])).Message.ShouldContain("names the metadata");
        Should.Throw<ArgumentException>(() => writer.Add("b", new[] { 1f }, [2])).Message.ShouldContain("shape [2] does not fit 1 elements");
        Should.Throw<ArgumentException>(() => writer.Add("b", new[] { 1f }, [-1, -1])).Message.ShouldContain("-1 is negative");
        Should.Throw<ArgumentException>(() => writer.AddBytes("b", SafetensorsType.F32, new byte[3], [1])).Message.ShouldContain("3 bytes");
        Should.Throw<ArgumentOutOfRangeException>(() => writer.Add("b", new[] { 1f }, [1], SafetensorsType.I64));
    }

    [Fact]
    public void Write_OverAnotherFile_ReplacesItWholeAndLeavesNothingBeside()
    {
        var path = _folder.File("x.safetensors");
        File.WriteAllBytes(path, new byte[5000]);

        new SafetensorsWriter().Add("a", new[] { 1f }, [1]).Write(path);

        using var file = SafetensorsFile.Open(path);
        file.ReadFloat32("a").ShouldBe([1f]);
        Directory.GetFiles(_folder.Path).ShouldBe([path]);
    }

    [Fact]
    public void Write_WhereAFolderIsInTheWay_LeavesNothingBehind()
    {
        var path = _folder.File("x.safetensors");
        Directory.CreateDirectory(path);

        Should.Throw<Exception>(() => new SafetensorsWriter().Add("a", new[] { 1f }, [1]).Write(path)).ShouldBeAssignableTo<SystemException>();

        Directory.GetFileSystemEntries(_folder.Path).ShouldBe([path]);
    }
}
