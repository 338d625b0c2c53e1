using Ddpm.Storage.Jobs;

namespace Ddpm.Orchestrator.Jobs;

/// <summary>When the process has started, takes up the jobs that an earlier one left unfinished.</summary>
internal sealed partial class JobRecovery(IJobDatabase database, IGrainFactory grains, ILogger<JobRecovery> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var unfinished = await database.UnfinishedAsync(stoppingToken);
        if (unfinished.Count > 0)
            LogRecovering(logger, unfinished.Count);
        foreach (var id in unfinished)
        {
            try
            {
                await grains.GetGrain<IJobGrain>(id).StartAsync();
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogNotRecovered(logger, id, e);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Taking up {Count} unfinished jobs")]
    private static partial void LogRecovering(ILogger logger, int count);

    [LoggerMessage(2, LogLevel.Error, "Job {JobId} could not be taken up; it is tried again at the next start")]
    private static partial void LogNotRecovered(ILogger logger, string jobId, Exception exception);
}
