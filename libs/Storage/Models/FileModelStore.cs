using System.Text.Json;
using Ddpm.Storage.Files;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Ddpm.Storage.Models;

/// <summary>
/// Models as folders below <c>models/</c> of the storage root: <c>NAME/versions/ID/…</c>, a file <c>NAME/aliases/ALIAS</c> that says what it
/// means, and <c>NAME/measurements/ID/…</c>. A version's folder appears by one rename when all its files are synced; an alias moves by one
/// rename. Several processes may share the root: whoever moves an alias or removes a version holds the file <c>NAME/aliases/.lock</c>.
/// </summary>
public sealed partial class FileModelStore(IOptions<StorageOptions> options, TimeProvider time, ILogger<FileModelStore> logger) : IModelRegistry
{
    private const string PublishedFile = "published.json";
    private const int MovesListed = 50;
    private const int MeasurementsListed = 100;

    private readonly string _root = Path.Combine(options.Value.FullRoot, "models");
    private readonly AsideFolders _aside = new(Path.Combine(options.Value.FullRoot, "models"), ".publishing-", time);

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
        var moves = new List<AliasMove>();
        foreach (var alias in Directory.EnumerateFiles(AliasesOf(name)).Select(path => Path.GetFileName(path)!).Where(ModelName.IsAlias))
        {
            if (await AliasOf(name, alias).ReadAsync(cancellationToken) is not [.., var last] all)
                continue;
            aliases[alias] = last.Version;
            moves.AddRange(all);
        }
        return new StoredModel(
            name,
            [.. versions.OrderByDescending(v => v.CreatedAt).ThenBy(v => v.Version, StringComparer.Ordinal)],
            aliases,
            [.. moves.OrderByDescending(move => move.Time).Take(MovesListed)]);
    }

    public async Task<StoredVersion?> ResolveAsync(string name, string versionOrAlias, CancellationToken cancellationToken = default)
    {
        if (!ModelName.IsModel(name))
            return null;
        var reference = versionOrAlias.Length == 0 ? ModelName.Latest : versionOrAlias;
        if (ModelName.IsVersion(reference))
            return await TryReadAsync(name, reference, cancellationToken);
        if (!ModelName.IsAlias(reference))
            return null;
        string? missing = null;
        // What an alias names may be removed as soon as it names another one.
        while (await AliasOf(name, reference).ReadAsync(cancellationToken) is [.., var last] && last.Version != missing)
        {
            if (await TryReadAsync(name, last.Version, cancellationToken) is { } version)
                return version;
            missing = last.Version;
        }
        return null;
    }

    public async Task<string> OpenAsync(string name, string version, CancellationToken cancellationToken = default)
    {
        ThrowIfMissing(name, version);
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
        catch (IOException e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // Perhaps another process has removed it meanwhile.
            ThrowIfMissing(name, version);
            throw new ModelCorruptException($"{Path.GetFileName((e as FileNotFoundException)?.FileName) ?? "A file"} of {name}@{version} is missing.");
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
        var files = CheckpointLayout.Files(sourceFolder);

        _aside.RemoveAbandoned();
        var aside = _aside.Next();
        Directory.CreateDirectory(aside);
        string version;
        try
        {
            foreach (var file in files)
                await AtomicFile.CopySyncedAsync(Path.Combine(sourceFolder, file), Path.Combine(aside, file), cancellationToken);
            CheckpointLayout.Describe(aside);
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
            AsideFolders.Remove(aside);
        }
        foreach (var alias in publish.Aliases)
            await MoveAliasAsync(name, alias, version, cancellationToken);
        return await ReadAsync(name, version, cancellationToken);
    }

    public async Task MoveAliasAsync(string name, string alias, string version, CancellationToken cancellationToken = default)
    {
        ThrowIfMissing(name, version);
        if (!ModelName.IsAlias(alias))
            throw new InvalidModelException($"The alias '{alias}' {ModelName.Rule}.");
        using var alone = await AloneAsync(name, cancellationToken);
        ThrowIfMissing(name, version);
        await AliasOf(name, alias).MoveAsync(version, time.GetUtcNow(), cancellationToken);
    }

    public async Task<string?> RollBackAliasAsync(string name, string alias, CancellationToken cancellationToken = default)
    {
        if (!ModelName.IsModel(name) || !ModelName.IsAlias(alias) || !File.Exists(Path.Combine(AliasesOf(name), alias)))
            throw new ModelNotFoundException($"There is no alias '{alias}' of a model '{name}'.");
        using var alone = await AloneAsync(name, cancellationToken);
        return await AliasOf(name, alias).RollBackAsync(version => Directory.Exists(FolderOf(name, version)), cancellationToken);
    }

    public async Task DeleteAsync(string name, string version, CancellationToken cancellationToken = default)
    {
        ThrowIfMissing(name, version);
        using var alone = await AloneAsync(name, cancellationToken);
        ThrowIfMissing(name, version);
        var model = await FindAsync(name, cancellationToken);
        if (model?.Aliases.Where(alias => alias.Value == version).Select(alias => alias.Key).ToList() is { Count: > 0 } naming)
            throw new ModelInUseException($"Version {version} of model '{name}' is named by {string.Join(" and ", naming)}: move that elsewhere first.");
        // Aside first: a version is there whole, or not at all.
        var aside = _aside.Next();
        Directory.Move(FolderOf(name, version), aside);
        AsideFolders.Remove(aside);
        AsideFolders.Remove(MeasurementsOf(name, version));
    }

    public Task AddMeasurementAsync(string name, string version, ReadOnlyMemory<byte> measurement, CancellationToken cancellationToken = default)
    {
        ThrowIfMissing(name, version);
        return AtomicFile.WriteAsync(Path.Combine(MeasurementsOf(name, version), RecordId.Next(time)), measurement, cancellationToken);
    }

    /// <summary>Null when it is not there, or another process removes it at this moment.</summary>
    private async Task<StoredVersion?> TryReadAsync(string name, string version, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(FolderOf(name, version)))
            return null;
        try
        {
            return await ReadAsync(name, version, cancellationToken);
        }
        catch (Exception e) when (e is IOException or InvalidModelException && !Directory.Exists(FolderOf(name, version)))
        {
            return null;
        }
    }

    private async Task<StoredVersion> ReadAsync(string name, string version, CancellationToken cancellationToken)
    {
        var folder = FolderOf(name, version);
        var published = JsonSerializer.Deserialize<Published>(await File.ReadAllBytesAsync(Path.Combine(folder, PublishedFile), cancellationToken))!;
        return new StoredVersion(
            name,
            version,
            published.CreatedAt,
            CheckpointLayout.Describe(folder),
            new DirectoryInfo(folder).EnumerateFiles().Sum(file => file.Length),
            await TextAsync(folder, CheckpointLayout.Card, cancellationToken),
            published.RunId,
            await TextAsync(folder, CheckpointLayout.Recipe, cancellationToken),
            await TextAsync(folder, CheckpointLayout.Training, cancellationToken),
            await MeasurementsAsync(name, version, cancellationToken));
    }

    private static async Task<string> TextAsync(string folder, string file, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, file);
        return File.Exists(path) ? await File.ReadAllTextAsync(path, cancellationToken) : "";
    }

    private async Task<IReadOnlyList<byte[]>> MeasurementsAsync(string name, string version, CancellationToken cancellationToken)
    {
        var folder = MeasurementsOf(name, version);
        if (!Directory.Exists(folder))
            return [];
        // Their names are in the order of their times; one that begins with a dot is still being written.
        var files = Directory.EnumerateFiles(folder).Where(path => !Path.GetFileName(path).StartsWith('.')).OrderDescending(StringComparer.Ordinal).Take(MeasurementsListed);
        return await Task.WhenAll(files.Select(path => File.ReadAllBytesAsync(path, cancellationToken)));
    }

    private Task<ExclusiveFile> AloneAsync(string name, CancellationToken cancellationToken) =>
        ExclusiveFile.WaitAsync(Path.Combine(AliasesOf(name), ".lock"), time, cancellationToken);

    private string VersionsOf(string name) => Path.Combine(_root, name, "versions");

    private string AliasesOf(string name) => Path.Combine(_root, name, "aliases");

    private AliasFile AliasOf(string name, string alias) => new(Path.Combine(AliasesOf(name), alias));

    private string MeasurementsOf(string name, string version) => Path.Combine(_root, name, "measurements", version);

    private void ThrowIfMissing(string name, string version)
    {
        if (!ModelName.IsModel(name) || !ModelName.IsVersion(version) || !Directory.Exists(FolderOf(name, version)))
            throw new ModelNotFoundException($"There is no version {version} of a model '{name}'.");
    }

    private string FolderOf(string name, string version) => Path.Combine(VersionsOf(name), version);

    [LoggerMessage(1, LogLevel.Warning, "Version {Version} of model {Model} is left out, it cannot be read: {Reason}")]
    private static partial void LogUnreadable(ILogger logger, string model, string version, string reason);
}
