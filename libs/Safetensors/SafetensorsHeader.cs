using System.Text.Json;
using System.Text.Unicode;

namespace Ddpm.Safetensors;

/// <summary>Parses a header and holds it against every rule of the format.</summary>
internal sealed class SafetensorsHeader
{
    public const int LengthPrefix = sizeof(ulong);
    public const long MaximumLength = 100_000_000;
    public const string MetadataName = "__metadata__";

    private readonly string _file;

    private SafetensorsHeader(string file) => _file = file;

    public Dictionary<string, SafetensorsEntry> Entries { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <param name="file">Path, for messages.</param>
    /// <param name="json">The header without its length prefix.</param>
    /// <param name="bufferLength">Bytes of the file after the header.</param>
    public static SafetensorsHeader Parse(string file, ReadOnlySpan<byte> json, long bufferLength)
    {
        var header = new SafetensorsHeader(file);
        header.ReadJson(json);
        header.CheckLayout(bufferLength);
        return header;
    }

    private void ReadJson(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
            throw Broken(null, SafetensorsRule.HeaderJson, "the header is not valid UTF-8");
        if (json[0] != (byte)'{')
            throw Broken(null, SafetensorsRule.HeaderJson, "the header does not begin with '{'");

        var reader = new Utf8JsonReader(json);
        var sawMetadata = false;
        try
        {
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString()!;
                reader.Read();
                if (name == MetadataName)
                {
                    if (sawMetadata)
                        throw Broken(null, SafetensorsRule.UniqueNames, $"'{MetadataName}' occurs twice");
                    sawMetadata = true;
                    ReadMetadata(ref reader);
                }
                else
                {
                    var entry = ReadEntry(ref reader, name);
                    if (!Entries.TryAdd(name, entry))
                        throw Broken(name, SafetensorsRule.UniqueNames, "the name occurs twice");
                }
            }

            // Anything but blanks after the object makes this throw.
            reader.Read();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: an escaped lone surrogate, which is no text.
            throw Broken(null, SafetensorsRule.HeaderJson, $"the header is not a JSON object: {e.Message}");
        }
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Broken(null, SafetensorsRule.MetadataStrings, $"'{MetadataName}' is not an object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
                throw Broken(null, SafetensorsRule.MetadataStrings, $"'{MetadataName}': the value of '{key}' is not a string");
            if (!Metadata.TryAdd(key, reader.GetString()!))
                throw Broken(null, SafetensorsRule.UniqueNames, $"'{MetadataName}': '{key}' occurs twice");
        }
    }

    private SafetensorsEntry ReadEntry(ref Utf8JsonReader reader, string name)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Broken(name, SafetensorsRule.HeaderJson, "its value is not an object");

        SafetensorsType? type = null;
        long[]? shape = null;
        long[]? offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var member = reader.GetString()!;
            if (member switch { "dtype" => type is not null, "shape" => shape is not null, "data_offsets" => offsets is not null, _ => false })
                throw Broken(name, SafetensorsRule.UniqueNames, $"'{member}' occurs twice");
            reader.Read();
            switch (member)
            {
                case "dtype":
                    type = ReadType(ref reader, name);
                    break;
                case "shape":
                    shape = ReadNumbers(ref reader, name, SafetensorsRule.Shape, "shape");
                    break;
                case "data_offsets":
                    offsets = ReadNumbers(ref reader, name, SafetensorsRule.Offsets, "data_offsets");
                    break;
                default:
                    throw Broken(name, SafetensorsRule.HeaderJson, $"unknown member '{member}'; dtype, shape and data_offsets are defined");
            }
        }

        if (type is not { } dtype || shape is null || offsets is null)
        {
            var missing = type is null ? "dtype" : shape is null ? "shape" : "data_offsets";
            throw Broken(name, SafetensorsRule.HeaderJson, $"'{missing}' is missing");
        }

        if (offsets is not [var begin, var end] || begin > end)
            throw Broken(name, SafetensorsRule.Offsets, $"data_offsets [{string.Join(", ", offsets)}] are not two numbers with begin ≤ end");
        var size = SizeInBytes(dtype, shape)
            ?? throw Broken(
                name, SafetensorsRule.Shape, $"shape [{string.Join(", ", shape)}] of {dtype.HeaderName()} has more bytes than 63 bits count");
        if (end - begin != size)
        {
            throw Broken(
                name,
                SafetensorsRule.SizeMatchesShape,
                $"shape [{string.Join(", ", shape)}] of {dtype.HeaderName()} takes {size} bytes, data_offsets hold {end - begin}");
        }

        return new SafetensorsEntry(name, dtype, shape, begin, size);
    }

    private SafetensorsType ReadType(ref Utf8JsonReader reader, string name)
    {
        var text = reader.TokenType == JsonTokenType.String ? reader.GetString()! : null;
        if (text is null || !SafetensorsTypes.TryParse(text, out var type))
        {
            throw Broken(
                name,
                SafetensorsRule.KnownType,
                $"dtype '{text ?? reader.TokenType.ToString()}' is not one of {string.Join(", ", SafetensorsTypes.HeaderNames)}");
        }

        return type;
    }

    private long[] ReadNumbers(ref Utf8JsonReader reader, string name, SafetensorsRule rule, string member)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw Broken(name, rule, $"'{member}' is not an array");
        var numbers = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var number) || number < 0)
                throw Broken(name, rule, $"'{member}' holds something else than whole numbers from 0 to 2^63−1");
            numbers.Add(number);
        }

        return [.. numbers];
    }

    /// <summary>Null when it does not fit into 63 bits.</summary>
    internal static long? SizeInBytes(SafetensorsType type, ReadOnlySpan<long> shape)
    {
        long size = type.ElementSize();
        foreach (var extent in shape)
        {
            if (extent != 0 && size > long.MaxValue / extent)
                return null;
            size *= extent;
        }

        return size;
    }

    private void CheckLayout(long bufferLength)
    {
        long expected = 0;
        string? previous = null;
        foreach (var entry in Entries.Values.OrderBy(e => e.Offset).ThenBy(e => e.ByteLength))
        {
            if (entry.Offset < expected)
            {
                throw Broken(
                    entry.Name, SafetensorsRule.NoOverlap, $"begins at byte {entry.Offset}, inside of '{previous}', which ends at {expected}");
            }

            if (entry.Offset > expected)
            {
                throw Broken(
                    entry.Name, SafetensorsRule.NoGap, $"begins at byte {entry.Offset}; bytes {expected} to {entry.Offset} belong to no tensor");
            }

            if (entry.ByteLength > bufferLength - entry.Offset)
            {
                throw Broken(
                    entry.Name,
                    SafetensorsRule.NotTruncated,
                    $"takes {entry.ByteLength} bytes from byte {entry.Offset} on, but only {bufferLength} bytes follow the header");
            }

            expected = entry.Offset + entry.ByteLength;
            previous = entry.Name;
        }

        if (expected != bufferLength)
            throw Broken(null, SafetensorsRule.NoTrailingBytes, $"{bufferLength - expected} bytes follow the last tensor");
    }

    private SafetensorsException Broken(string? tensor, SafetensorsRule rule, string problem) => new(_file, tensor, rule, problem);
}
