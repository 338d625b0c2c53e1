using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Ddpm.Imaging;
using Ddpm.Trainer.Data.Formats;
using Ddpm.Trainer.Data.Sources;

namespace Ddpm.Trainer.Data;

/// <summary>Decodes every image of a data set once and reports what is there, before anyone trains on it.</summary>
internal sealed class DataSetInspection
{
    private readonly SortedDictionary<string, int> _classes = new(NumbersFirst.Instance);
    private readonly Dictionary<string, int> _sizes = [];
    private readonly SortedDictionary<string, int> _channels = new(StringComparer.Ordinal);
    private readonly List<Unreadable> _unreadable = [];
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private int _images;
    private int _unreadableImages;
    private int _withoutClass;

    private DataSetInspection()
    {
    }

    /// <param name="source">The files.</param>
    /// <param name="progress">Hears how many images have been looked at, now and then.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidDataException">There is no image that can be read, or a file of many images breaks its format.</exception>
    public static DataSetReport Run(DataSource source, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        const int progressInterval = 256;
        var format = SourceFormat.Of(source);
        var inspection = new DataSetInspection();
        var seen = 0;
        foreach (var image in format.Read(source.Files))
        {
            cancellationToken.ThrowIfCancellationRequested();
            inspection.Look(image);
            if (++seen % progressInterval == 0)
                progress?.Report(seen);
        }
        progress?.Report(seen);
        return inspection.Report(format.Name);
    }

    private void Look(SourceImage image)
    {
        RawImage decoded;
        try
        {
            decoded = image.Decode();
        }
        catch (InvalidDataException e)
        {
            _unreadableImages++;
            if (_unreadable.Count < DataSetReport.ListLimit)
                _unreadable.Add(new Unreadable(image.Name, e.Message));
            return;
        }
        _images++;
        if (image.Class is { } name)
            Count(_classes, name);
        else
            _withoutClass++;
        Count(_sizes, string.Create(CultureInfo.InvariantCulture, $"{decoded.Width}×{decoded.Height}"));
        Count(_channels, decoded.Channels switch { 1 => "grey", 3 => "RGB", _ => "RGBA" });
        Hash(image, decoded);
    }

    private DataSetReport Report(string format)
    {
        if (_images == 0)
            throw new InvalidDataException(_unreadableImages == 0
                ? "holds no image"
                : $"holds no image that can be read; the first of {_unreadableImages}, {_unreadable[0].Name}, {_unreadable[0].Reason}");
        if (_classes.Count > 0 && _withoutClass > 0)
            throw new InvalidDataException($"gives a class to some images only: {_withoutClass} of {_images} have none");
        return new DataSetReport
        {
            Format = format,
            Fingerprint = Convert.ToHexStringLower(_hash.GetHashAndReset()),
            Images = _images,
            Classes = ByLabel(Tallies(_classes)),
            Sizes = [.. Tallies(_sizes).OrderByDescending(size => size.Images).ThenBy(size => size.Name, StringComparer.Ordinal).Take(DataSetReport.ListLimit)],
            Channels = Tallies(_channels),
            UnreadableImages = _unreadableImages,
            Unreadable = _unreadable,
        };
    }

    private void Hash(SourceImage image, RawImage decoded)
    {
        Span<byte> extents = stackalloc byte[3 * sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(extents, decoded.Width);
        BinaryPrimitives.WriteInt32LittleEndian(extents[sizeof(int)..], decoded.Height);
        BinaryPrimitives.WriteInt32LittleEndian(extents[(2 * sizeof(int))..], decoded.Channels);
        _hash.AppendData(Encoding.UTF8.GetBytes($"{image.Name}\0{image.Class}\0"));
        _hash.AppendData(extents);
        _hash.AppendData(decoded.Pixels);
    }

    private static void Count(IDictionary<string, int> counts, string name) =>
        counts[name] = (counts.TryGetValue(name, out var count) ? count : 0) + 1;

    private static List<Tally> Tallies(IDictionary<string, int> counts) => [.. counts.Select(count => new Tally(count.Key, count.Value))];

    /// <summary>Classes that are known by number alone keep it as their label: the numbers in between are classes without images.</summary>
    private static IReadOnlyList<Tally> ByLabel(List<Tally> classes)
    {
        const int mostNumbers = 10_000;
        if (classes.Count == 0 || !classes.TrueForAll(tally => NumbersFirst.Number(tally.Name) is < mostNumbers))
            return classes;
        var counts = classes.ToDictionary(tally => NumbersFirst.Number(tally.Name)!.Value, tally => tally.Images);
        return [.. Enumerable.Range(0, counts.Keys.Max() + 1).Select(label => new Tally(label.ToString(CultureInfo.InvariantCulture), counts.GetValueOrDefault(label)))];
    }

    /// <summary>Labels that are numbers keep their order, 2 before 10; names follow in ordinal order.</summary>
    private sealed class NumbersFirst : IComparer<string>
    {
        public static NumbersFirst Instance { get; } = new();

        public int Compare(string? x, string? y) => (Number(x), Number(y)) switch
        {
            ({ } a, { } b) when a != b => a.CompareTo(b),
            ({ }, null) => -1,
            (null, { }) => 1,
            _ => string.CompareOrdinal(x, y),
        };

        public static int? Number(string? text) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
