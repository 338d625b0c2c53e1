using Ddpm.Storage.Models;

namespace Ddpm.Denoiser;

/// <summary>
/// Loads the versions that a model's aliases name once any of it is in use here, and each to which an alias is moved then: the jobs that come with a new
/// version find it warm, and those that run go on with the one they began with.
/// </summary>
internal sealed partial class NetworkPreloading(
    NetworkCache networks, IModelStore store, TimeProvider time, ILogger<NetworkPreloading> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, IReadOnlyCollection<string>> _named = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var ticks = new PeriodicTimer(Interval, time);
        while (await ticks.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var model in networks.LoadedModels)
                await LookAtAsync(model, stoppingToken);
        }
    }

    /// <summary>Loads the versions that an alias names now and none named at the last look.</summary>
    private async Task LookAtAsync(string model, CancellationToken cancellationToken)
    {
        try
        {
            if (await store.FindAsync(model, cancellationToken) is not { } found)
                return;
            string[] named = [.. found.Aliases.Values.Distinct()];
            var known = _named.GetValueOrDefault(model, []);
            _named[model] = named;
            foreach (var version in named.Except(known))
            {
                using var lease = await networks.AcquireAsync(model, version, cancellationToken);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The request that needs it will say what is wrong.
            LogNotPreloaded(logger, model, e.Message);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Could not load the newest version of {Model} ahead of time: {Reason}")]
    private static partial void LogNotPreloaded(ILogger logger, string model, string reason);
}
