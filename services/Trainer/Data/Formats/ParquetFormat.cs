using System.Globalization;
using System.Text.Json;
using Ddpm.Imaging;
using Ddpm.Trainer.Data.Sources;
using Parquet;
using Parquet.Schema;

namespace Ddpm.Trainer.Data.Formats;

/// <summary>
/// Parquet as Hugging Face stores image data sets: a column of structs with the file's <c>bytes</c>, and a column <c>label</c> whose names stand
/// in the file's metadata. Files of a test or validation split are passed over where there is a training split.
/// </summary>
internal sealed class ParquetFormat : SourceFormat
{
    private const string HuggingFaceMetadata = "huggingface";

    public override string Name => "Parquet";

    public override IEnumerable<SourceImage> Read(IReadOnlyList<SourceFile> files)
    {
        var tables = files.Where(IsTable).ToList();
        var training = tables.Where(file => file.FileName.StartsWith("train", StringComparison.OrdinalIgnoreCase)).ToList();
        return (training.Count > 0 ? training : tables).SelectMany(ReadTable);
    }

    protected override bool Fits(IReadOnlyList<SourceFile> files) => files.Any(IsTable);

    private static bool IsTable(SourceFile file) => file.FileName.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<SourceImage> ReadTable(SourceFile file)
    {
        // The reader seeks, which a zip's entry cannot.
        using var stream = new MemoryStream(file.ReadAll(Array.MaxLength));
        var reader = Guarded(file, () => ParquetReader.CreateAsync(stream));
        var images = ImageColumn(file, reader.Schema);
        var label = reader.Schema.DataFields.FirstOrDefault(field => field.Path.Length == 1 && field.Name is "label" or "labels" or "fine_label");
        var names = label is null ? [] : LabelNames(reader.CustomMetadata, label.Name);
        var row = 0;
        for (var group = 0; group < reader.RowGroupCount; group++)
        {
            using var rows = reader.OpenRowGroupReader(group);
            var contents = Guarded(file, () => ReadBytesAsync(rows, images));
            var labels = label is null ? null : Guarded(file, () => ReadLabelsAsync(rows, label));
            for (var i = 0; i < contents.Length; i++, row++)
            {
                var content = contents[i];
                yield return new SourceImage(
                    $"{file.Name}#{row}",
                    labels is null ? null : NameOf(labels[i], names),
                    () => ImageDecoder.Decode(content ?? throw new InvalidDataException("has no bytes")));
            }
        }
    }

    private static DataField ImageColumn(SourceFile file, ParquetSchema schema) =>
        schema.DataFields.FirstOrDefault(field => HoldsBytes(field) && field.Path.Length == 2 && field.Name == "bytes")
        ?? schema.DataFields.FirstOrDefault(field => HoldsBytes(field) && field.Name is "image" or "img")
        ?? throw new InvalidDataException($"{file.Name}: has no image column: a struct with 'bytes', or bytes named 'image' or 'img'.");

    private static bool HoldsBytes(DataField field) => field.ClrType == typeof(byte[]) || field.ClrType == typeof(ReadOnlyMemory<byte>);

    private static string? NameOf(long? label, IReadOnlyList<string> names) => label switch
    {
        null => null,
        >= 0 when label < names.Count => names[(int)label],
        _ => label.Value.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>The names of a ClassLabel feature; none where the metadata holds none.</summary>
    private static IReadOnlyList<string> LabelNames(IReadOnlyDictionary<string, string> metadata, string column)
    {
        if (!metadata.TryGetValue(HuggingFaceMetadata, out var json))
            return [];
        try
        {
            using var document = JsonDocument.Parse(json);
            return [.. document.RootElement.GetProperty("info").GetProperty("features").GetProperty(column).GetProperty("names").EnumerateArray().Select(name => name.GetString() ?? "")];
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return [];
        }
    }

    private static async Task<byte[]?[]> ReadBytesAsync(ParquetRowGroupReader rows, DataField field)
    {
        // Nulls come as null, whatever the signature says.
        var values = new byte[rows.RowCount][];
        await rows.ReadAsync(field, values.AsMemory()!, null, CancellationToken.None);
        return values;
    }

    private static async Task<long?[]> ReadLabelsAsync(ParquetRowGroupReader rows, DataField field)
    {
        if (field.ClrType == typeof(long))
        {
            var values = new long?[rows.RowCount];
            await rows.ReadAsync(field, values.AsMemory(), null, CancellationToken.None);
            return values;
        }
        if (field.ClrType == typeof(int))
        {
            var values = new int?[rows.RowCount];
            await rows.ReadAsync(field, values.AsMemory(), null, CancellationToken.None);
            return [.. values.Select(value => (long?)value)];
        }
        throw new InvalidDataException($"column {field.Name} must hold whole numbers");
    }

    /// <summary>The library's own failures become one that names the file.</summary>
    private static T Guarded<T>(SourceFile file, Func<Task<T>> read)
    {
        try
        {
            return read().GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new InvalidDataException($"{file.Name}: is not a Parquet file that can be read: {e.Message}", e);
        }
    }
}
