using System.Globalization;
using Ddpm.Imaging;
using Ddpm.Trainer.Data.Sources;

namespace Ddpm.Trainer.Data.Formats;

/// <summary>
/// CIFAR-10's binary version: records of a label byte and 32×32 red, green and blue bytes (Krizhevsky 2009). The training batches are read;
/// batches.meta.txt, where it is there, names the classes.
/// </summary>
internal sealed class CifarFormat : SourceFormat
{
    private const int Side = 32;
    private const int Plane = Side * Side;
    private const int RecordLength = 1 + (3 * Plane);
    private const int MaximumNamesLength = 1 << 16;

    public override string Name => "CIFAR-10 binary";

    public override IEnumerable<SourceImage> Read(IReadOnlyList<SourceFile> files)
    {
        var names = files.FirstOrDefault(file => file.FileName == "batches.meta.txt") is { } meta ? ReadNames(meta) : [];
        foreach (var batch in files.Where(IsBatch))
        {
            if (batch.Length == 0 || batch.Length % RecordLength != 0)
                throw new InvalidDataException($"{batch.Name}: has {batch.Length} bytes, which are not records of {RecordLength}.");
            var records = ReadBatch(batch);
            for (var i = 0; i < records.Length / RecordLength; i++)
            {
                var first = i * RecordLength;
                var label = records[first];
                yield return new SourceImage(
                    $"{batch.Name}#{i}",
                    label < names.Length ? names[label] : label.ToString(CultureInfo.InvariantCulture),
                    () => Decode(records.AsSpan(first + 1, 3 * Plane)));
            }
        }
    }

    protected override bool Fits(IReadOnlyList<SourceFile> files) => files.Any(IsBatch);

    private static bool IsBatch(SourceFile file) =>
        file.FileName.StartsWith("data_batch", StringComparison.Ordinal) && file.FileName.EndsWith(".bin", StringComparison.Ordinal);

    private static byte[] ReadBatch(SourceFile batch)
    {
        try
        {
            return batch.ReadAll(Array.MaxLength);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{batch.Name}: {e.Message}.", e);
        }
    }

    private static string[] ReadNames(SourceFile meta) =>
        System.Text.Encoding.UTF8.GetString(meta.ReadAll(MaximumNamesLength))
            .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static RawImage Decode(ReadOnlySpan<byte> planes)
    {
        var pixels = new byte[3 * Plane];
        for (var i = 0; i < Plane; i++)
            for (var c = 0; c < 3; c++)
                pixels[(3 * i) + c] = planes[(c * Plane) + i];
        return new RawImage(Side, Side, 3, pixels);
    }
}
