using Ddpm.Storage.Models;
using Microsoft.Extensions.Options;

namespace Ddpm.Trainer.Registry;

/// <summary>
/// Publishes the models that ship with the program before anything listens, so that a fresh installation can make images at once.
/// The alias <c>shipped</c> names what came with the program; <c>latest</c> and <c>stable</c> follow it until they are moved elsewhere.
/// </summary>
internal sealed partial class ShippedModels(IModelRegistry store, IOptions<TrainerOptions> options, ILogger<ShippedModels> logger) : IHostedService
{
    private const string Config = "config.json";

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var root = options.Value.ShippedModels ?? Path.Combine(AppContext.BaseDirectory, "models");
        if (!Directory.Exists(root))
            return;
        foreach (var folder in Directory.EnumerateDirectories(root).Where(f => File.Exists(Path.Combine(f, Config))).Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(folder);
            var known = await store.FindAsync(name, cancellationToken);
            var version = await store.PublishAsync(
                name,
                folder,
                new PublishOptions { Aliases = [.. new[] { ModelName.Latest, ModelName.Stable }.Where(alias => IsOurs(known, alias)), ModelName.Shipped] },
                cancellationToken);
            if (known?.Versions.All(v => v.Version != version.Version) != false)
                LogPublished(logger, name, version.Version[..12]);
        }
    }

    private static bool IsOurs(StoredModel? known, string alias) =>
        known?.Aliases.GetValueOrDefault(alias) is not { } version || version == known.Aliases.GetValueOrDefault(ModelName.Shipped);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(1, LogLevel.Information, "Published the shipped model {Model}, version {Version}")]
    private static partial void LogPublished(ILogger logger, string model, string version);
}
