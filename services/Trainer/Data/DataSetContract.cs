using Ddpm.Trainer.Data.Formats;
using Ddpm.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using SkiaSharp;

namespace Ddpm.Trainer.Data;

/// <summary>The library's data sets as the contract has them.</summary>
internal static class DataSetContract
{
    public static DataSet ToDataSet(DataSetRecord record) => new()
    {
        Name = record.Name,
        Format = record.Report.Format,
        Fingerprint = record.Report.Fingerprint,
        ImageCount = record.Report.Images,
        Classes = { record.Report.Classes.Select(ToTally) },
        Sizes = { record.Report.Sizes.Select(ToTally) },
        Channels = { record.Report.Channels.Select(ToTally) },
        UnreadableCount = record.Report.UnreadableImages,
        Unreadable = { record.Report.Unreadable.Select(unreadable => new UnreadableImage { Name = unreadable.Name, Reason = unreadable.Reason }) },
        CreatedAt = Timestamp.FromDateTimeOffset(record.CreatedAt),
        SizeBytes = record.SizeBytes,
        Uploaded = record.LocalStamp is null,
    };

    /// <summary>One that is known, or one that has a name alone.</summary>
    public static DataSet ToDataSet((string Name, DataSetRecord? Record) listed) =>
        listed.Record is { } record ? ToDataSet(record) : new DataSet { Name = listed.Name };

    /// <param name="image">Pixels [3, side, side].</param>
    /// <param name="side">Rows and columns.</param>
    public static DataSetImage ToImage((SourceImage Image, byte[] Pixels) image, int side)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(side, side, SKColorType.Rgba8888, SKAlphaType.Opaque));
        var target = bitmap.GetPixelSpan();
        var plane = side * side;
        for (var i = 0; i < plane; i++)
        {
            for (var c = 0; c < 3; c++)
                target[(4 * i) + c] = image.Pixels[(c * plane) + i];
            target[(4 * i) + 3] = byte.MaxValue;
        }
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, quality: 100);
        return new DataSetImage { Name = image.Image.Name, ClassName = image.Image.Class ?? "", Png = ByteString.CopyFrom(png.AsSpan()) };
    }

    private static ImageTally ToTally(Tally tally) => new() { Name = tally.Name, ImageCount = tally.Images };
}
