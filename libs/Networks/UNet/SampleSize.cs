using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ddpm.Networks;

/// <summary>Height and width of an image in pixels.</summary>
public readonly record struct SampleSize(int Height, int Width)
{
    public override string ToString() => $"{Height}×{Width}";
}

/// <summary>Reads and writes <c>sample_size</c>: one number for a square, or [height, width].</summary>
internal sealed class SampleSizeConverter : JsonConverter<SampleSize?>
{
    public override SampleSize? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Null)
            return null;
        if (reader.TokenType == JsonTokenType.Number)
            return new SampleSize(reader.GetInt32(), reader.GetInt32());
        var sides = JsonSerializer.Deserialize<int[]>(ref reader, options);
        return sides is [var height, var width] ? new SampleSize(height, width) : throw new JsonException("must be a number or [height, width]");
    }

    public override void Write(Utf8JsonWriter writer, SampleSize? value, JsonSerializerOptions options)
    {
        if (value is not { } size)
            writer.WriteNullValue();
        else if (size.Height == size.Width)
            writer.WriteNumberValue(size.Height);
        else
            JsonSerializer.Serialize(writer, new[] { size.Height, size.Width }, options);
    }
}
