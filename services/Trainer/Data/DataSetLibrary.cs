using System.Collections.Concurrent;
using System.Text.Json;
using Ddpm.Imaging;
using Ddpm.Storage;
using Ddpm.Storage.Files;
using Ddpm.Trainer.Data.Formats;
using Ddpm.Trainer.Data.Sources;
using Microsoft.Extensions.Options;

namespace Ddpm.Trainer.Data;

/// <summary>
/// The data sets that recipes may name: those that were uploaded, and those that lie on the Trainer's machine. What an inspection found and the
/// images as training wants them are kept below <c>data-sets/</c> of the storage root, a folder for each name.
/// </summary>
public sealed class DataSetLibrary(LocalDataSets local, IOptions<TrainerOptions> options, IOptions<StorageOptions> storage, TimeProvider time)
{
    private const string RecordFile = "data-set.json";
    private const string SourceFileName = "source";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly ConcurrentDictionary<string, Lock> _locks = new(StringComparer.Ordinal);

    private string Root => Path.Combine(storage.Value.FullRoot, "data-sets");

    private SourceLimits Limits => new(options.Value.MaxDataSetFiles, options.Value.MaxUnpackedBytes);

    /// <summary>Every data set by name, with what is known of it; a local one that nobody has used yet is known by name alone.</summary>
    public IReadOnlyList<(string Name, DataSetRecord? Record)> List()
    {
        var uploaded = Directory.Exists(Root)
            ? Directory.EnumerateDirectories(Root).Where(folder => File.Exists(Path.Combine(folder, SourceFileName)) && File.Exists(Path.Combine(folder, RecordFile))).Select(folder => Path.GetFileName(folder))
            : [];
        return [.. uploaded.Concat(local.Names()).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(name => (name, ReadRecord(name)))];
    }

    /// <summary>What is known of a data set; a local one is inspected when its files have changed, which takes as long as reading them.</summary>
    /// <exception cref="DataSetNotFoundException">There is none of that name; says where it was looked for.</exception>
    /// <exception cref="InvalidDataException">It holds no images that can be read.</exception>
    public DataSetRecord Get(string name, CancellationToken cancellationToken = default)
    {
        ThrowIfInvalid(name);
        lock (LockOf(name))
        {
            var known = ReadRecord(name);
            if (local.Find(name) is not { } folder)
                return known is { LocalStamp: null } ? known : throw NotFound(name);
            var stamp = LocalDataSets.Stamp(folder);
            if (known?.LocalStamp == stamp)
                return known;
            using var source = DataSource.Open(folder, Limits);
            return Keep(name, source, stamp, progress: null, cancellationToken);
        }
    }

    /// <summary>Inspects an uploaded file and keeps it under a name; on any failure nothing is kept, and the file is gone.</summary>
    /// <param name="name">Of the data set.</param>
    /// <param name="file">A zip or a Parquet file, on the file system of the storage root; is moved.</param>
    /// <param name="progress">Hears how many images have been looked at.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The data set; an equal one that was there before stays as it was.</returns>
    /// <exception cref="DataSetExistsException">There is another of that name.</exception>
    /// <exception cref="InvalidDataException">It holds no images that can be read, or a zip breaks a rule.</exception>
    internal DataSetRecord Add(string name, string file, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        ThrowIfInvalid(name);
        try
        {
            lock (LockOf(name))
            {
                if (local.Find(name) is not null)
                    throw new DataSetExistsException(name);
                var known = ReadRecord(name);
                DataSetReport report;
                using (var source = DataSource.Open(file, Limits))
                    report = DataSetInspection.Run(source, progress, cancellationToken);
                if (known is not null)
                    return known.Report.Fingerprint == report.Fingerprint ? known : throw new DataSetExistsException(name);
                var record = new DataSetRecord { Name = name, Report = report, CreatedAt = time.GetUtcNow(), SizeBytes = new FileInfo(file).Length };
                Directory.CreateDirectory(FolderOf(name));
                // The source makes the data set: it comes first, and a record without it is none.
                File.Move(file, Path.Combine(FolderOf(name), SourceFileName), overwrite: true);
                WriteRecord(record);
                return record;
            }
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Removes an uploaded data set. Runs that have begun keep their images.</summary>
    /// <exception cref="DataSetNotFoundException">There is none of that name.</exception>
    /// <exception cref="DataSetNotOwnedException">It lies on the Trainer's machine.</exception>
    public void Delete(string name)
    {
        ThrowIfInvalid(name);
        lock (LockOf(name))
        {
            if (local.Find(name) is { } folder)
                throw new DataSetNotOwnedException(name, folder);
            if (ReadRecord(name) is null)
                throw NotFound(name);
            Directory.Delete(FolderOf(name), recursive: true);
        }
    }

    /// <summary>The images at one shape; they are decoded at the first time and mapped afterwards.</summary>
    /// <exception cref="DataSetNotFoundException">There is none of that name.</exception>
    /// <exception cref="InvalidDataException">It cannot be read.</exception>
    public ImageDataSet Open(string name, ImageShape shape, ImageFit fit, CancellationToken cancellationToken = default)
    {
        lock (LockOf(name))
        {
            var record = Get(name, cancellationToken);
            var folder = Path.Combine(FolderOf(name), "prepared");
            var path = Path.Combine(folder, $"{record.Report.Fingerprint[..16]}-{shape.Channels}x{shape.Height}x{shape.Width}-{fit.ToString().ToLowerInvariant()}.bin");
            if (!File.Exists(path))
            {
                Directory.CreateDirectory(folder);
                using var source = OpenSource(name);
                PreparedImages.Write(
                    path, SourceFormat.Of(source).Read(source.Files), [.. record.Report.Classes.Select(tally => tally.Name)], shape, fit, cancellationToken);
            }
            return PreparedImages.Open(path, record.Report.Images, shape);
        }
    }

    /// <summary>Some images of a data set, or of one class, spread evenly over it, fitted to one shape.</summary>
    internal IReadOnlyList<(SourceImage Image, byte[] Pixels)> Preview(string name, string? className, int count, ImageShape shape, CancellationToken cancellationToken)
    {
        var record = Get(name, cancellationToken);
        var total = className is null ? record.Report.Images : record.Report.Classes.FirstOrDefault(tally => tally.Name == className)?.Images ?? 0;
        var shown = new List<(SourceImage, byte[])>();
        using var source = OpenSource(name);
        var position = 0;
        foreach (var image in SourceFormat.Of(source).Read(source.Files).Where(image => className is null || image.Class == className))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (shown.Count == count)
                break;
            if (position++ < (long)shown.Count * total / count)
                continue;
            try
            {
                shown.Add((image, ImageFitter.Fit(image.Decode(), shape, ImageFit.Crop)));
            }
            catch (InvalidDataException)
            {
                // Left out here as it is in training; the report names it.
            }
        }
        return shown;
    }

    /// <summary>Where an upload is received, and removed from when the process that received it was lost.</summary>
    internal string NewUploadPath()
    {
        Directory.CreateDirectory(UploadFolder);
        return Path.Combine(UploadFolder, Guid.NewGuid().ToString("N"));
    }

    /// <summary>Removes what interrupted uploads and preparations have left. Before anything is received.</summary>
    internal void RemoveLeftovers()
    {
        if (Directory.Exists(UploadFolder))
            Directory.Delete(UploadFolder, recursive: true);
        AtomicFile.RemoveLeftovers(Root, time);
    }

    private string UploadFolder => Path.Combine(storage.Value.FullRoot, "uploads");

    private DataSetRecord Keep(string name, DataSource source, string stamp, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        var record = new DataSetRecord
        {
            Name = name,
            Report = DataSetInspection.Run(source, progress, cancellationToken),
            CreatedAt = time.GetUtcNow(),
            SizeBytes = source.Files.Sum(file => file.Length),
            LocalStamp = stamp,
        };
        WriteRecord(record);
        return record;
    }

    private DataSource OpenSource(string name) => DataSource.Open(local.Find(name) ?? Path.Combine(FolderOf(name), SourceFileName), Limits);

    private DataSetRecord? ReadRecord(string name)
    {
        var path = Path.Combine(FolderOf(name), RecordFile);
        if (!File.Exists(path))
            return null;
        var record = JsonSerializer.Deserialize<DataSetRecord>(File.ReadAllBytes(path), Json)!;
        return record.LocalStamp is null && !File.Exists(Path.Combine(FolderOf(name), SourceFileName)) ? null : record;
    }

    private void WriteRecord(DataSetRecord record) =>
        AtomicFile.WriteAsync(Path.Combine(FolderOf(record.Name), RecordFile), JsonSerializer.SerializeToUtf8Bytes(record, Json)).GetAwaiter().GetResult();

    private string FolderOf(string name) => Path.Combine(Root, name);

    private Lock LockOf(string name) => _locks.GetOrAdd(name, _ => new Lock());

    private static void ThrowIfInvalid(string name)
    {
        if (!DataSetName.IsValid(name))
            throw new DataSetNotFoundException($"{DataSetName.Rule}, is '{name}'");
    }

    private DataSetNotFoundException NotFound(string name) => new(
        $"'{name}' is none that was uploaded, and there is no folder {string.Join(" or ", local.Candidates(name))}"
        + (name == "fashion-mnist" ? "; Debian and Ubuntu have it in the package dataset-fashion-mnist" : ""));
}
