namespace Ddpm.Storage.Models;

/// <summary>One immutable set of weights in the store.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Version">SHA-256 of the manifest, 64 hexadecimal digits in lower case.</param>
/// <param name="CreatedAt">When it was first published here.</param>
/// <param name="Description">What its files say of the network.</param>
/// <param name="SizeBytes">Size of its files.</param>
/// <param name="Card">The model card, Markdown; empty when it has none.</param>
/// <param name="RunId">The training run that published it; null when it was imported.</param>
/// <param name="Recipe">The recipe, JSON; empty when it has none.</param>
/// <param name="Training">How it was trained, as the contract's JSON; empty when it does not say.</param>
/// <param name="Measurements">What was measured of it, as the contract's bytes, newest first.</param>
public sealed record StoredVersion(
    string Model,
    string Version,
    DateTimeOffset CreatedAt,
    ModelDescription Description,
    long SizeBytes,
    string Card,
    string? RunId,
    string Recipe,
    string Training,
    IReadOnlyList<byte[]> Measurements);

/// <summary>A model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Versions">Newest first.</param>
/// <param name="Aliases">What each alias means.</param>
/// <param name="AliasMoves">The last moves of all aliases, newest first.</param>
public sealed record StoredModel(
    string Name, IReadOnlyList<StoredVersion> Versions, IReadOnlyDictionary<string, string> Aliases, IReadOnlyList<AliasMove> AliasMoves);

/// <summary>How a version is published.</summary>
public sealed record PublishOptions
{
    /// <summary>Aliases that are moved to the version. Default: <c>latest</c>.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [ModelName.Latest];

    /// <summary>The training run that made it. Default: none.</summary>
    public string? RunId { get; init; }
}
