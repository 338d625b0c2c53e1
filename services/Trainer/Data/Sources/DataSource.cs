namespace Ddpm.Trainer.Data.Sources;

/// <summary>The files of a data set, by name in ordinal order; from one thread at a time.</summary>
internal abstract class DataSource : IDisposable
{
    private const int SignatureLength = 4;

    public abstract IReadOnlyList<SourceFile> Files { get; }

    /// <summary>Opens a folder, a zip, or a Parquet file that stands alone.</summary>
    /// <param name="path">Made by this process, or by its operator; never by a request.</param>
    /// <param name="limits">What a zip may hold.</param>
    /// <exception cref="InvalidDataException">It is none of these, or a zip that breaks a rule.</exception>
    public static DataSource Open(string path, SourceLimits limits)
    {
        if (Directory.Exists(path))
            return new FolderSource(path);
        Span<byte> signature = stackalloc byte[SignatureLength];
        using (var file = File.OpenRead(path))
            signature = signature[..file.ReadAtLeast(signature, SignatureLength, throwOnEndOfStream: false)];
        if (signature.StartsWith("PK"u8))
            return new ZipSource(path, limits);
        if (signature.SequenceEqual("PAR1"u8))
            return new SingleFileSource(path, "data.parquet");
        throw new InvalidDataException("is neither a zip nor a Parquet file");
    }

    public virtual void Dispose()
    {
    }

    private sealed class SingleFileSource(string path, string name) : DataSource
    {
        public override IReadOnlyList<SourceFile> Files { get; } = [new(name, new FileInfo(path).Length, () => File.OpenRead(path))];
    }
}
