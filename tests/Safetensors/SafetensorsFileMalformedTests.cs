using System.Buffers.Binary;
using System.Text;

namespace Ddpm.Safetensors.Tests;

/// <summary>One hand-made file for each way to break a rule.</summary>
public sealed class SafetensorsFileMalformedTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, string, int, SafetensorsRule, string?> Malformed => new()
    {
        // what, header, bytes after it, rule, tensor
        { "not JSON", "{\"a\"", 0, SafetensorsRule.HeaderJson, null },
        { "not an object", "[1, 2]", 0, SafetensorsRule.HeaderJson, null },
        { "blank before", " {}", 0, SafetensorsRule.HeaderJson, null },
        { "text after the object", "{} {}", 0, SafetensorsRule.HeaderJson, null },
        { "comma at the end", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},}", 4, SafetensorsRule.HeaderJson, null },
        { "a comment", "{/* */}", 0, SafetensorsRule.HeaderJson, null },
        { "lone surrogate", "{\"\\ud800\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, SafetensorsRule.HeaderJson, null },
        { "entry not an object", "{\"a\":[0,4]}", 4, SafetensorsRule.HeaderJson, "a" },
        { "no dtype", "{\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}}", 4, SafetensorsRule.HeaderJson, "a" },
        { "no shape", "{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4, SafetensorsRule.HeaderJson, "a" },
        { "no offsets", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, SafetensorsRule.HeaderJson, "a" },
        { "unknown member", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":1}}", 4, SafetensorsRule.HeaderJson, "a" },
        { "same name twice", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, SafetensorsRule.UniqueNames, "a" },
        { "same name, one escaped", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"\\u0061\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, SafetensorsRule.UniqueNames, "a" },
        { "dtype twice", "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"I32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, SafetensorsRule.UniqueNames, "a" },
        { "metadata twice", "{\"__metadata__\":{},\"__metadata__\":{}}", 0, SafetensorsRule.UniqueNames, null },
        { "metadata key twice", "{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}", 0, SafetensorsRule.UniqueNames, null },
        { "metadata not an object", "{\"__metadata__\":\"x\"}", 0, SafetensorsRule.MetadataStrings, null },
        { "metadata number", "{\"__metadata__\":{\"k\":1}}", 0, SafetensorsRule.MetadataStrings, null },
        { "metadata nested", "{\"__metadata__\":{\"k\":{}}}", 0, SafetensorsRule.MetadataStrings, null },
        { "unknown dtype", "{\"a\":{\"dtype\":\"F31\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, SafetensorsRule.KnownType, "a" },
        { "dtype in lower case", "{\"a\":{\"dtype\":\"f32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, SafetensorsRule.KnownType, "a" },
        { "dtype not a string", "{\"a\":{\"dtype\":32,\"shape\":[1],\"data_offsets\":[0,4]}}", 4, SafetensorsRule.KnownType, "a" },
        { "shape not an array", "{\"a\":{\"dtype\":\"F32\",\"shape\":1,\"data_offsets\":[0,4]}}", 4, SafetensorsRule.Shape, "a" },
        { "negative extent", "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1,-1],\"data_offsets\":[0,4]}}", 4, SafetensorsRule.Shape, "a" },
        { "fractional extent", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,4]}}", 4, SafetensorsRule.Shape, "a" },
        { "extent beyond 63 bits", "{\"a\":{\"dtype\":\"F32\",\"shape\":[9223372036854775808],\"data_offsets\":[0,4]}}", 4, SafetensorsRule.Shape, "a" },
        // 2^32 · 2^32 · 4 wraps to 0.
        { "product that wraps", "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}", 0, SafetensorsRule.Shape, "a" },
        { "bytes that wrap", "{\"a\":{\"dtype\":\"F64\",\"shape\":[2305843009213693952],\"data_offsets\":[0,0]}}", 0, SafetensorsRule.Shape, "a" },
        { "one offset", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4]}}", 4, SafetensorsRule.Offsets, "a" },
        { "three offsets", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,8]}}", 4, SafetensorsRule.Offsets, "a" },
        { "negative offset", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}}", 4, SafetensorsRule.Offsets, "a" },
        { "end before begin", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4, SafetensorsRule.Offsets, "a" },
        { "fewer bytes than the shape", "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, SafetensorsRule.SizeMatchesShape, "a" },
        { "more bytes than the shape", "{\"a\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, SafetensorsRule.SizeMatchesShape, "a" },
        { "bytes of an empty tensor", "{\"a\":{\"dtype\":\"F32\",\"shape\":[3,0],\"data_offsets\":[0,4]}}", 4, SafetensorsRule.SizeMatchesShape, "a" },
        { "overlap by one byte", "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[3,7]}}", 7, SafetensorsRule.NoOverlap, "b" },
        { "the same bytes twice", "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}", 4, SafetensorsRule.NoOverlap, "b" },
        { "one within another", "{\"a\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}}", 8, SafetensorsRule.NoOverlap, "b" },
        { "gap before the first", "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[1,5]}}", 5, SafetensorsRule.NoGap, "a" },
        { "gap between two", "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[5,9]}}", 9, SafetensorsRule.NoGap, "b" },
        { "truncated by one byte", "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 7, SafetensorsRule.NotTruncated, "a" },
        { "second one beyond the end", "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[4,20]}}", 4, SafetensorsRule.NotTruncated, "b" },
        { "one byte too many", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 5, SafetensorsRule.NoTrailingBytes, null },
        { "bytes without any tensor", "{}", 1, SafetensorsRule.NoTrailingBytes, null },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Open_MalformedFile_NamesFileTensorAndRule(string what, string header, int bufferLength, SafetensorsRule rule, string? tensor)
    {
        var path = Write(Encoding.UTF8.GetBytes(header), bufferLength);

        var error = Should.Throw<SafetensorsException>(() => SafetensorsFile.Open(path), what);

        error.Rule.ShouldBe(rule, error.Message);
        error.Tensor.ShouldBe(tensor);
        error.File.ShouldBe(path);
        error.Message.ShouldStartWith(tensor is null ? $"{path}: " : $"{path}: tensor '{tensor}': ");
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 2, 0, 0, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 1, 0, 0, 0, 0, 0, 0, 0, (byte)'{' })]
    [InlineData(new byte[] { 3, 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'}' })]
    [InlineData(new byte[] { 255, 255, 255, 255, 255, 255, 255, 255, (byte)'{', (byte)'}' })]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 128, (byte)'{', (byte)'}' })]
    public void Open_HeaderLengthOutsideOfFile_IsRefused(byte[] file)
    {
        var path = _folder.File("length.safetensors");
        File.WriteAllBytes(path, file);

        Should.Throw<SafetensorsException>(() => SafetensorsFile.Open(path)).Rule.ShouldBe(SafetensorsRule.HeaderLength);
    }

    [Fact]
    public void Open_HeaderOfMoreThan100Megabytes_IsRefused()
    {
        var path = _folder.File("large.safetensors");
        using (var stream = File.Create(path))
        {
            Span<byte> prefix = stackalloc byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(prefix, 100_000_001);
            stream.Write(prefix);
            stream.Write("{}"u8);
            stream.SetLength(8 + 100_000_001);
        }

        Should.Throw<SafetensorsException>(() => SafetensorsFile.Open(path)).Rule.ShouldBe(SafetensorsRule.HeaderLength);
    }

    [Fact]
    public void Open_HeaderNotUtf8_IsRefused()
    {
        byte[] header = [.. "{\"__metadata__\":{\"k\":\""u8, 0xC3, 0x28, .. "\"}}"u8];

        Should.Throw<SafetensorsException>(() => SafetensorsFile.Open(Write(header, 0))).Rule.ShouldBe(SafetensorsRule.HeaderJson);
    }

    [Fact]
    public void Open_GoldenFileCutAnywhere_IsRefused()
    {
        var golden = File.ReadAllBytes(Goldens.PythonLibrary);
        var path = _folder.File("cut.safetensors");
        foreach (var length in Enumerable.Range(0, 100).Select(i => (int)((long)golden.Length * i / 100)).Append(golden.Length - 1))
        {
            File.WriteAllBytes(path, golden.AsSpan(0, length));
            Should.Throw<SafetensorsException>(() => SafetensorsFile.Open(path), $"cut to {length} bytes");
        }
    }

    [Fact]
    public void Open_RefusedFile_IsNotKeptOpen()
    {
        var path = Write("{}"u8.ToArray(), 1);

        Should.Throw<SafetensorsException>(() => SafetensorsFile.Open(path));

        using var exclusive = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        exclusive.Length.ShouldBe(11);
    }

    [Fact]
    public void Open_MissingFile_SaysWhichFile() =>
        Should.Throw<FileNotFoundException>(() => SafetensorsFile.Open(_folder.File("none.safetensors"))).Message.ShouldContain("none.safetensors");

    private string Write(byte[] header, int bufferLength)
    {
        var path = _folder.File("malformed.safetensors");
        using var stream = File.Create(path);
        Span<byte> prefix = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)header.Length);
        stream.Write(prefix);
        stream.Write(header);
        stream.Write(new byte[bufferLength]);
        return path;
    }
}
