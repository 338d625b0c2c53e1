namespace Ddpm.Storage.Models;

/// <summary>The versions of models, and the aliases that move between them, as those see them who publish.</summary>
public interface IModelRegistry : IModelStore
{
    /// <summary>Publishes a checkpoint folder and then moves the aliases; publishing the same files again changes only aliases.</summary>
    /// <exception cref="InvalidModelException">The folder is not a checkpoint that can be served.</exception>
    /// <exception cref="IOException">It could not be written; nothing of it is visible.</exception>
    Task<StoredVersion> PublishAsync(string name, string sourceFolder, PublishOptions options, CancellationToken cancellationToken = default);

    /// <summary>Moves, or makes, an alias.</summary>
    /// <exception cref="ModelNotFoundException">No such version.</exception>
    Task MoveAliasAsync(string name, string alias, string version, CancellationToken cancellationToken = default);

    /// <summary>Moves an alias back to the version that it named before, of those that are still there.</summary>
    /// <returns>The version; null when it never named another.</returns>
    /// <exception cref="ModelNotFoundException">No such model or alias.</exception>
    Task<string?> RollBackAliasAsync(string name, string alias, CancellationToken cancellationToken = default);

    /// <summary>Removes a version with what was measured of it.</summary>
    /// <exception cref="ModelNotFoundException">No such version.</exception>
    /// <exception cref="ModelInUseException">An alias names it.</exception>
    Task DeleteAsync(string name, string version, CancellationToken cancellationToken = default);

    /// <summary>Keeps what was measured of a version, as the contract's bytes, beside it: it is no part of its content.</summary>
    /// <exception cref="ModelNotFoundException">No such version.</exception>
    Task AddMeasurementAsync(string name, string version, ReadOnlyMemory<byte> measurement, CancellationToken cancellationToken = default);
}
