using Ddpm.Storage.Jobs;

namespace Ddpm.Orchestrator.Jobs;

/// <summary>
/// Takes up jobs that nobody runs: at the start those that an earlier process left, later those of a replica that went away. Every replica looks for them all
/// the time, and a job that runs is not disturbed by being started. What decides is the database alone, which has a job before its submission is answered.
/// </summary>
internal sealed partial class JobRecovery(
    IJobDatabase database, JobGrains grains, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<JobRecovery> logger) : BackgroundService
{
    /// <summary>Time between two looks: what it adds to the time in which a lost replica is noticed.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private bool _failed;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // A process that is told to end takes up nothing from that moment on.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, lifetime.ApplicationStopping);
        await TakeUpAsync(isFirst: true, ending.Token);
        using var ticks = new PeriodicTimer(Interval, time);
        while (await ticks.WaitForNextTickAsync(ending.Token))
            await TakeUpAsync(isFirst: false, ending.Token);
    }

    private async Task TakeUpAsync(bool isFirst, CancellationToken stoppingToken)
    {
        try
        {
            var unfinished = await database.UnfinishedAsync(stoppingToken);
            if (isFirst && unfinished.Count > 0)
                LogRecovering(logger, unfinished.Count);
            await Task.WhenAll(unfinished.Select(grains.StartAsync)).WaitAsync(stoppingToken);
            _failed = false;
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            // Once, not every two seconds while a database or a replica is away.
            if (!_failed)
                LogNotRecovered(logger, e.Message);
            _failed = true;
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Taking up {Count} unfinished jobs")]
    private static partial void LogRecovering(ILogger logger, int count);

    [LoggerMessage(2, LogLevel.Warning, "Jobs that nobody runs could not all be taken up; it is tried again and again: {Reason}")]
    private static partial void LogNotRecovered(ILogger logger, string reason);
}
