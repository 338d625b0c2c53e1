using System.IO.Compression;

namespace Ddpm.Trainer.Data.Sources;

/// <summary>
/// The entries of a zip, read where they are and never unpacked onto the disk. A zip that names a file outside of itself, or holds more than
/// the limits allow, is refused whole.
/// </summary>
internal sealed class ZipSource : DataSource
{
    private readonly ZipArchive _archive;

    /// <exception cref="InvalidDataException">It is damaged, or breaks a rule.</exception>
    public ZipSource(string path, SourceLimits limits)
    {
        _archive = ZipFile.OpenRead(path);
        try
        {
            if (_archive.Entries.Count > limits.Files)
                throw new InvalidDataException($"holds {_archive.Entries.Count} entries; a data set may have {limits.Files}");
            var unpacked = _archive.Entries.Sum(entry => (decimal)entry.Length);
            if (unpacked > limits.Bytes)
                throw new InvalidDataException($"unpacks to {unpacked} bytes; a data set may have {limits.Bytes}");
            if (_archive.Entries.FirstOrDefault(entry => LeadsOut(entry.FullName)) is { } outside)
                throw new InvalidDataException($"holds '{outside.FullName}', a name that leads out of the zip");
            Files =
            [
                .. _archive.Entries
                    .Where(entry => !entry.FullName.EndsWith('/') && !IsHidden(entry.FullName))
                    .Select(entry => new SourceFile(entry.FullName.Replace('\\', '/'), entry.Length, () => new ClaimedLength(entry.Open(), entry.Length)))
                    .OrderBy(file => file.Name, StringComparer.Ordinal),
            ];
        }
        catch
        {
            _archive.Dispose();
            throw;
        }
    }

    public override IReadOnlyList<SourceFile> Files { get; }

    public override void Dispose() => _archive.Dispose();

    private static bool LeadsOut(string name) => name.StartsWith('/') || name.StartsWith('\\') || name.Contains(':') || Parts(name).Contains("..");

    private static bool IsHidden(string name) => Parts(name).Any(part => part.StartsWith('.') || part == "__MACOSX");

    private static string[] Parts(string name) => name.Split('/', '\\');

    /// <summary>Refuses to read on where an entry holds more than its header claims.</summary>
    private sealed class ClaimedLength(Stream inner, long length) : Stream
    {
        private long _read;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position { get => _read; set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            var count = inner.Read(buffer);
            _read += count;
            return _read <= length ? count : throw new InvalidDataException($"unpacks to more than the {length} bytes that the zip claims");
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
