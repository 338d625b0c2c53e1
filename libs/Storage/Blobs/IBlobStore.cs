namespace Ddpm.Storage.Blobs;

/// <summary>
/// Named byte strings: images, frames, checkpoints. A key is one or more segments of <c>a-z 0-9 . _ -</c> joined by <c>/</c>; no
/// segment begins with a dot, and no blob's key is a folder of another's. A blob is seen whole or not at all, by every process that shares the store.
/// </summary>
public interface IBlobStore
{
    /// <summary>At the start of a process: sees that the store can be used, and removes what lost processes left half-written.</summary>
    /// <exception cref="IOException">It cannot be used; says why.</exception>
    Task PrepareAsync(CancellationToken cancellationToken = default);

    /// <summary>Creates or replaces a blob; of several writers at once one is the last.</summary>
    /// <exception cref="ArgumentException">Not a key.</exception>
    /// <exception cref="IOException">It could not be written; an earlier blob of this key is as it was.</exception>
    Task PutAsync(string key, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default);

    /// <returns>The blob's bytes; null when there is none.</returns>
    /// <exception cref="ArgumentException">Not a key.</exception>
    /// <exception cref="IOException">It could not be read.</exception>
    Task<byte[]?> GetAsync(string key, CancellationToken cancellationToken = default);

    /// <summary>Keys below a folder, in ordinal order.</summary>
    /// <exception cref="ArgumentException">Not a key.</exception>
    /// <exception cref="IOException">They could not be listed.</exception>
    Task<IReadOnlyList<string>> ListAsync(string folder, CancellationToken cancellationToken = default);

    /// <summary>Removes every blob below a folder; none there is no error.</summary>
    /// <exception cref="ArgumentException">Not a key.</exception>
    /// <exception cref="IOException">Some could not be removed.</exception>
    Task DeleteFolderAsync(string folder, CancellationToken cancellationToken = default);
}
