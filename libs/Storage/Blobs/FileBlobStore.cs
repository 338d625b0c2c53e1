using Ddpm.Storage.Files;
using Microsoft.Extensions.Options;

namespace Ddpm.Storage.Blobs;

/// <summary>Blobs as files below <c>blobs/</c> of the storage root, which several processes may share.</summary>
public sealed class FileBlobStore(IOptions<StorageOptions> options, TimeProvider time) : IBlobStore
{
    private readonly string _root = Path.Combine(options.Value.FullRoot, "blobs");

    public Task PrepareAsync(CancellationToken cancellationToken = default)
    {
        AtomicFile.RemoveLeftovers(_root, time);
        return Task.CompletedTask;
    }

    public Task PutAsync(string key, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default) =>
        AtomicFile.WriteAsync(PathOf(key), content, cancellationToken);

    public async Task<byte[]?> GetAsync(string key, CancellationToken cancellationToken = default)
    {
        var path = PathOf(key);
        try
        {
            return await File.ReadAllBytesAsync(path, cancellationToken);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException || e is UnauthorizedAccessException && Directory.Exists(path))
        {
            return null;
        }
    }

    public Task<IReadOnlyList<string>> ListAsync(string folder, CancellationToken cancellationToken = default)
    {
        var path = PathOf(folder);
        IReadOnlyList<string> keys = Directory.Exists(path)
            ? [.. Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
                .Where(file => !Path.GetFileName(file).StartsWith('.'))
                .Select(file => Path.GetRelativePath(_root, file).Replace(Path.DirectorySeparatorChar, '/'))
                .Order(StringComparer.Ordinal)]
            : [];
        return Task.FromResult(keys);
    }

    public Task DeleteFolderAsync(string folder, CancellationToken cancellationToken = default)
    {
        var path = PathOf(folder);
        if (Directory.Exists(path))
            AsideFolders.Remove(path);
        return Task.CompletedTask;
    }

    private string PathOf(string key) => Path.Combine(_root, BlobKey.Checked(key));
}
