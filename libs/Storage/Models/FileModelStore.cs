using System.Text;
using System.Text.Json;
using Ddpm.Storage.Files;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Ddpm.Storage.Models;

/// <summary>
/// Models as folders below <c>models/</c> of the storage root: <c>NAME/versions/ID/…</c>, and a file <c>NAME/aliases/ALIAS</c> that
/// holds an id. A version's folder appears by one rename when all its files are synced; an alias moves by one rename. Several
/// processes may share the root.
/// </summary>
public sealed partial class FileModelStore(IOptions<StorageOptions> options, TimeProvider time, ILogger<FileModelStore> logger) : IModelStore
{
    private const string PublishedFile = "published.json";
    private const string AsidePrefix = ".publishing-";

    // Longer than any publication takes: what is older was left by a process that died.
    private static readonly TimeSpan AsideIsAbandonedAfter = TimeSpan.FromHours(1);

    private readonly string _root = Path.Combine(options.Value.FullRoot, "models");

    private sealed record Published(DateTimeOffset CreatedAt, string? RunId);

    public async Task<IReadOnlyList<StoredModel>> ListAsync(CancellationToken cancellationToken = default)
    {
        if (!Directory.Exists(_root))
            return [];
        var models = new List<StoredModel>();
        foreach (var name in Directory.EnumerateDirectories(_root).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal))
        {
            if (await FindAsync(name, cancellationToken) is { } model)
                models.Add(model);
        }
        return models;
    }

    public async Task<StoredModel?> FindAsync(string name, CancellationToken cancellationToken = default)
    {
        if (!ModelName.IsModel(name) || !Directory.Exists(VersionsOf(name)))
            return null;
        var versions = new List<StoredVersion>();
        foreach (var version in Directory.EnumerateDirectories(VersionsOf(name)).Select(path => Path.GetFileName(path)!).Where(ModelName.IsVersion))
        {
            try
            {
                versions.Add(await ReadAsync(name, version, cancellationToken));
            }
            catch (Exception e) when (e is InvalidModelException or IOException or JsonException)
            {
                // One damaged version must not hide the others; OpenAsync says what is wrong with it.
                LogUnreadable(logger, name, version, e.Message);
            }
        }
        if (versions.Count == 0)
            return null;

        var aliases = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var alias in Directory.EnumerateFiles(AliasesOf(name)).Select(path => Path.GetFileName(path)!).Where(ModelName.IsAlias))
        {
            if (await ReadAliasAsync(name, alias, cancellationToken) is { } version)
                aliases[alias] = version;
        }
        return new StoredModel(name, [.. versions.OrderByDescending(v => v.CreatedAt).ThenBy(v => v.Version, StringComparer.Ordinal)], aliases);
    }

    public async Task<StoredVersion?> ResolveAsync(string name, string versionOrAlias, CancellationToken cancellationToken = default)
    {
        if (!ModelName.IsModel(name))
            return null;
        var reference = versionOrAlias.Length == 0 ? ModelName.Latest : versionOrAlias;
        var version = ModelName.IsVersion(reference) ? reference
            : ModelName.IsAlias(reference) ? await ReadAliasAsync(name, reference, cancellationToken)
            : null;
        return version is not null && Directory.Exists(FolderOf(name, version)) ? await ReadAsync(name, version, cancellationToken) : null;
    }

    public async Task<string> OpenAsync(string name, string version, CancellationToken cancellationToken = default)
    {
        if (!ModelName.IsModel(name) || !ModelName.IsVersion(version) || !Directory.Exists(FolderOf(name, version)))
            throw new ModelNotFoundException($"There is no version {version} of a model '{name}'.");
        var folder = FolderOf(name, version);
        try
        {
            var manifest = Manifest.TryParse(await File.ReadAllTextAsync(Path.Combine(folder, Manifest.FileName), cancellationToken));
            if (manifest?.Version != version)
                throw new ModelCorruptException($"The manifest of {name}@{version} is not the one that was published.");
            var actual = await Manifest.OfAsync(folder, manifest.Entries.Select(e => e.Name), cancellationToken);
            foreach (var (published, present) in manifest.Entries.Zip(actual.Entries))
            {
                if (published != present)
                    throw new ModelCorruptException($"{published.Name} of {name}@{version} does not have the bytes that were published.");
            }
        }
        catch (FileNotFoundException e)
        {
            throw new ModelCorruptException($"{Path.GetFileName(e.FileName)} of {name}@{version} is missing.");
        }
        return folder;
    }

    public async Task<StoredVersion> PublishAsync(
        string name, string sourceFolder, PublishOptions publish, CancellationToken cancellationToken = default)
    {
        if (!ModelName.IsModel(name))
            throw new InvalidModelException($"The model's name '{name}' {ModelName.Rule}.");
        if (publish.Aliases.FirstOrDefault(a => !ModelName.IsAlias(a)) is { } bad)
            throw new InvalidModelException($"The alias '{bad}' {ModelName.Rule}.");
        var files = CheckpointFolder.Files(sourceFolder);

        RemoveAbandoned();
        var aside = Path.Combine(_root, $"{AsidePrefix}{Guid.NewGuid():N}");
        Directory.CreateDirectory(aside);
        string version;
        try
        {
            foreach (var file in files)
                await AtomicFile.CopySyncedAsync(Path.Combine(sourceFolder, file), Path.Combine(aside, file), cancellationToken);
            CheckpointFolder.Describe(aside);
            var manifest = await Manifest.OfAsync(aside, files, cancellationToken);
            version = manifest.Version;
            await AtomicFile.WriteAsync(Path.Combine(aside, Manifest.FileName), manifest.Bytes, cancellationToken);
            await AtomicFile.WriteAsync(
                Path.Combine(aside, PublishedFile),
                JsonSerializer.SerializeToUtf8Bytes(new Published(time.GetUtcNow(), publish.RunId)),
                cancellationToken);
            Directory.CreateDirectory(VersionsOf(name));
            Directory.CreateDirectory(AliasesOf(name));
            try
            {
                Directory.Move(aside, FolderOf(name, version));
            }
            catch (IOException) when (Directory.Exists(FolderOf(name, version)))
            {
                // The same bytes were published before, perhaps a moment ago by someone else.
            }
        }
        finally
        {
            if (Directory.Exists(aside))
                Directory.Delete(aside, recursive: true);
        }
        foreach (var alias in publish.Aliases)
            await MoveAliasAsync(name, alias, version, cancellationToken);
        return await ReadAsync(name, version, cancellationToken);
    }

    public async Task MoveAliasAsync(string name, string alias, string version, CancellationToken cancellationToken = default)
    {
        if (!ModelName.IsModel(name) || !ModelName.IsVersion(version) || !Directory.Exists(FolderOf(name, version)))
            throw new ModelNotFoundException($"There is no version {version} of a model '{name}'.");
        if (!ModelName.IsAlias(alias))
            throw new InvalidModelException($"The alias '{alias}' {ModelName.Rule}.");
        await AtomicFile.WriteAsync(Path.Combine(AliasesOf(name), alias), Encoding.ASCII.GetBytes(version), cancellationToken);
    }

    private async Task<StoredVersion> ReadAsync(string name, string version, CancellationToken cancellationToken)
    {
        var folder = FolderOf(name, version);
        var published = JsonSerializer.Deserialize<Published>(await File.ReadAllBytesAsync(Path.Combine(folder, PublishedFile), cancellationToken))!;
        var card = Path.Combine(folder, CheckpointFolder.Card);
        return new StoredVersion(
            name,
            version,
            published.CreatedAt,
            CheckpointFolder.Describe(folder),
            new DirectoryInfo(folder).EnumerateFiles().Sum(file => file.Length),
            File.Exists(card) ? await File.ReadAllTextAsync(card, cancellationToken) : "",
            published.RunId);
    }

    private async Task<string?> ReadAliasAsync(string name, string alias, CancellationToken cancellationToken)
    {
        try
        {
            var version = await File.ReadAllTextAsync(Path.Combine(AliasesOf(name), alias), cancellationToken);
            return ModelName.IsVersion(version) ? version : null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private void RemoveAbandoned()
    {
        if (!Directory.Exists(_root))
            return;
        foreach (var aside in new DirectoryInfo(_root).EnumerateDirectories(AsidePrefix + "*"))
        {
            if (time.GetUtcNow() - aside.LastWriteTimeUtc > AsideIsAbandonedAfter)
                aside.Delete(recursive: true);
        }
    }

    private string VersionsOf(string name) => Path.Combine(_root, name, "versions");

    private string AliasesOf(string name) => Path.Combine(_root, name, "aliases");

    private string FolderOf(string name, string version) => Path.Combine(VersionsOf(name), version);

    [LoggerMessage(1, LogLevel.Warning, "Version {Version} of model {Model} is left out, it cannot be read: {Reason}")]
    private static partial void LogUnreadable(ILogger logger, string model, string version, string reason);
}
