using Ddpm.Storage.Models;

namespace Ddpm.Denoiser.Tests;

/// <summary>A store in which every version is an empty folder.</summary>
internal sealed class FakeStore(string folder) : IModelStore
{
    public Task<string> OpenAsync(string name, string version, CancellationToken cancellationToken = default) => Task.FromResult(folder);

    public Task<IReadOnlyList<StoredModel>> ListAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<StoredModel?> FindAsync(string name, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<StoredVersion?> ResolveAsync(string name, string versionOrAlias, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task<StoredVersion> PublishAsync(
        string name, string sourceFolder, PublishOptions options, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task MoveAliasAsync(string name, string alias, string version, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();
}
