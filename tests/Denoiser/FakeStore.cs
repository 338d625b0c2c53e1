using Ddpm.Storage.Models;

namespace Ddpm.Denoiser.Tests;

/// <summary>A store in which every version is an empty folder.</summary>
internal sealed class FakeStore(string folder) : IModelStore
{
    public Task<string> OpenAsync(string name, string version, CancellationToken cancellationToken = default) => Task.FromResult(folder);

    public Task<IReadOnlyList<StoredModel>> ListAsync(CancellationToken cancellationToken = default) => Task.FromResult<IReadOnlyList<StoredModel>>([]);

    public Task<StoredModel?> FindAsync(string name, CancellationToken cancellationToken = default) => Task.FromResult<StoredModel?>(null);

    public Task<StoredVersion?> ResolveAsync(string name, string versionOrAlias, CancellationToken cancellationToken = default) =>
        Task.FromResult<StoredVersion?>(null);
}
