namespace Ddpm.Trainer.Data.Sources;

/// <summary>A file of a data set as it came, in a folder or in a zip.</summary>
/// <param name="Name">Relative, with '/': for classes and reports, never a path to open.</param>
/// <param name="Length">Bytes; what the container claims, for a zip.</param>
/// <param name="Open">Opens it for reading; what is read ends with an <see cref="InvalidDataException"/> when it is more than was claimed.</param>
internal sealed record SourceFile(string Name, long Length, Func<Stream> Open)
{
    /// <summary>The name without its folders.</summary>
    public string FileName => Name[(Name.LastIndexOf('/') + 1)..];

    /// <summary>All of it.</summary>
    /// <exception cref="InvalidDataException">It is longer than <paramref name="limit"/> bytes, or ends early.</exception>
    public byte[] ReadAll(int limit)
    {
        if (Length > limit)
            throw new InvalidDataException($"has {Length} bytes; at most {limit} are read");
        var content = new byte[Length];
        using var stream = Open();
        if (stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false) < content.Length)
            throw new InvalidDataException("ends early");
        return content;
    }
}
