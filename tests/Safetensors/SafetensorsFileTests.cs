namespace Ddpm.Safetensors.Tests;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_FileOfThePythonLibrary_HasItsTensors()
    {
        using var file = SafetensorsFile.Open(Goldens.PythonLibrary);

        // Read out of the file with Python's struct module.
        file.Entries.Count.ShouldBe(268);
        file.Metadata.ShouldBe(new Dictionary<string, string> { ["format"] = "pt" });
        file.Entries["conv_in.weight"].DType.ShouldBe(SafetensorsType.F32);
        file.Entries["conv_in.weight"].Shape.ShouldBe([8, 1, 3, 3]);
        file.Entries["conv_in.weight"].ElementCount.ShouldBe(72);
        var weight = file.ReadFloat32("conv_in.weight");
        weight[0].ShouldBe(-0.3015326261520386f);
        weight[^1].ShouldBe(0.1260792464017868f);
        file.ReadFloat64("conv_in.weight").Sum().ShouldBe(-0.7938889050856233, 1e-14);
        file.ReadFloat64("time_embedding.linear_2.bias").Sum().ShouldBe(0.11444348795339465, 1e-14);
        file.ReadFloat32("conv_out.bias").ShouldBe([0.041692379862070084f]);
    }

    [Fact]
    public void Reads_AllTypes_ConvertExactly()
    {
        var path = _folder.File("types.safetensors");
        new SafetensorsWriter()
            .AddBytes("f16", SafetensorsType.F16, new byte[] { 0x00, 0x3C, 0x01, 0x00, 0xFF, 0x7B, 0x00, 0xFC }, [4])
            .AddBytes("bf16", SafetensorsType.BF16, new byte[] { 0x80, 0x3F, 0x49, 0xC0 }, [2])
            .AddBytes("f64", SafetensorsType.F64, new byte[] { 0x9A, 0x99, 0x99, 0x99, 0x99, 0x99, 0xB9, 0x3F }, [])
            .AddBytes("i8", SafetensorsType.I8, new byte[] { 0xFF, 0x7F }, [2])
            .AddBytes("u8", SafetensorsType.U8, new byte[] { 0xFF, 0x7F }, [1, 2])
            .AddBytes("i16", SafetensorsType.I16, new byte[] { 0xFE, 0xFF }, [1])
            .AddBytes("u16", SafetensorsType.U16, new byte[] { 0xFE, 0xFF }, [1])
            .AddBytes("i32", SafetensorsType.I32, new byte[] { 0xFE, 0xFF, 0xFF, 0xFF }, [1])
            .AddBytes("u32", SafetensorsType.U32, new byte[] { 0xFE, 0xFF, 0xFF, 0xFF }, [1])
            .AddBytes("i64", SafetensorsType.I64, new byte[] { 0, 0, 0, 0, 0, 0, 0, 0x80 }, [1])
            .AddBytes("u64", SafetensorsType.U64, new byte[8], [1])
            .AddBytes("bool", SafetensorsType.Bool, new byte[] { 1 }, [1])
            .AddBytes("empty", SafetensorsType.F32, Array.Empty<byte>(), [3, 0, 2])
            .Write(path);

        using var file = SafetensorsFile.Open(path);

        file.ReadFloat32("f16").ShouldBe([1f, 5.9604645e-8f, 65504f, float.NegativeInfinity]);
        file.ReadFloat32("bf16").ShouldBe([1f, -3.140625f]);
        file.ReadFloat64("bf16").ShouldBe([1d, -3.140625]);
        file.ReadFloat64("f16").ShouldBe([1d, 5.9604644775390625e-8, 65504d, double.NegativeInfinity]);
        file.ReadFloat64("f64").ShouldBe([0.1]);
        file.ReadFloat32("f64").ShouldBe([0.1f]);
        file.ReadInt64("i8").ShouldBe([-1, 127]);
        file.ReadInt64("u8").ShouldBe([255, 127]);
        file.ReadInt64("i16").ShouldBe([-2]);
        file.ReadInt64("u16").ShouldBe([65534]);
        file.ReadInt64("i32").ShouldBe([-2]);
        file.ReadInt64("u32").ShouldBe([4294967294]);
        file.ReadInt64("i64").ShouldBe([long.MinValue]);
        file.ReadFloat32("empty").ShouldBeEmpty();
        file.Bytes("bool").ToArray().ShouldBe([1]);
        Should.Throw<SafetensorsException>(() => file.ReadInt64("u64")).Rule.ShouldBe(SafetensorsRule.Convertible);
        Should.Throw<SafetensorsException>(() => file.ReadInt64("f64")).Rule.ShouldBe(SafetensorsRule.Convertible);
        Should.Throw<SafetensorsException>(() => file.ReadFloat32("i64")).Rule.ShouldBe(SafetensorsRule.Convertible);
        Should.Throw<SafetensorsException>(() => file.ReadFloat64("bool")).Message.ShouldContain("is BOOL, which is not read as float64");
    }

    [Fact]
    public void Bytes_UnknownTensor_NamesIt()
    {
        using var file = SafetensorsFile.Open(Goldens.PythonLibrary);

        var error = Should.Throw<SafetensorsException>(() => file.Bytes("conv_in.wait"));

        error.Rule.ShouldBe(SafetensorsRule.TensorPresent);
        error.Tensor.ShouldBe("conv_in.wait");
    }

    [Fact]
    public void Reads_AfterDispose_Throw()
    {
        var file = SafetensorsFile.Open(Goldens.PythonLibrary);
        file.Dispose();
        file.Dispose();

        Should.Throw<ObjectDisposedException>(() => file.Bytes("conv_in.weight").Length);
        Should.Throw<ObjectDisposedException>(() => file.ReadFloat32("conv_in.weight"));
        Should.Throw<ObjectDisposedException>(() => file.ReadFloat64("conv_in.weight"));
        Should.Throw<ObjectDisposedException>(() => file.ReadInt64("conv_in.weight"));
    }

    [Fact]
    public async Task Reads_WhileAnotherThreadDisposes_AreWholeOrRefused()
    {
        using var expected = SafetensorsFile.Open(Goldens.PythonLibrary);
        var name = expected.Entries.Values.MaxBy(e => e.ByteLength)!.Name;
        var elements = expected.ReadFloat32(name);
        for (var round = 0; round < 50; round++)
        {
            var file = SafetensorsFile.Open(Goldens.PythonLibrary);
            using var reading = new ManualResetEventSlim();
            var reader = Task.Run(() =>
            {
                try
                {
                    while (true)
                    {
                        var read = file.ReadFloat32(name);
                        reading.Set();
                        if (!read.AsSpan().SequenceEqual(elements))
                            return "different elements";
                    }
                }
                catch (ObjectDisposedException)
                {
                    return "refused";
                }
            });
            reading.Wait(TestContext.Current.CancellationToken);
            file.Dispose();

            (await reader).ShouldBe("refused");
        }
    }

    [Fact]
    public void Bytes_FileDeletedAfterOpen_AreStillThere()
    {
        var path = _folder.File("deleted.safetensors");
        File.Copy(Goldens.PythonLibrary, path);
        using var file = SafetensorsFile.Open(path);
        File.Delete(path);

        file.ReadFloat32("conv_out.bias").ShouldBe([0.041692379862070084f]);
    }
}
