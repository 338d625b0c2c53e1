namespace Ddpm.Storage.Models;

/// <summary>Content-addressed, immutable versions of models, as those see them who serve them.</summary>
public interface IModelStore
{
    /// <summary>All models, by name.</summary>
    Task<IReadOnlyList<StoredModel>> ListAsync(CancellationToken cancellationToken = default);

    /// <returns>The model; null when there is none of that name.</returns>
    Task<StoredModel?> FindAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Resolves a version id or an alias; empty means <c>latest</c>.</summary>
    /// <returns>The version; null when there is none.</returns>
    Task<StoredVersion?> ResolveAsync(string name, string versionOrAlias, CancellationToken cancellationToken = default);

    /// <summary>Verifies the hash of every file of a version and answers the folder that holds them.</summary>
    /// <exception cref="ModelNotFoundException">No such version.</exception>
    /// <exception cref="ModelCorruptException">A file does not have the bytes that were published.</exception>
    Task<string> OpenAsync(string name, string version, CancellationToken cancellationToken = default);
}
