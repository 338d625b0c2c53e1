namespace Ddpm.Trainer.Runs;

/// <summary>
/// Carries the runs out, one at a time, in the order of their submission, on a thread of their own. A run that an earlier process left goes
/// on from its last checkpoint.
/// </summary>
internal sealed partial class RunWorker(RunLedger ledger, RunQueue queue, RunExecution execution, ILogger<RunWorker> logger) : BackgroundService
{
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        var unfinished = await ledger.UnfinishedAsync(cancellationToken);
        if (unfinished.Count > 0)
            LogRecovering(logger, unfinished.Count);
        foreach (var run in unfinished)
            queue.Enqueue(run.Id);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var runId in queue.ReadAllAsync(stoppingToken))
        {
            if (queue.Take(runId) is not { } stop)
                continue;
            await Task.Factory.StartNew(
                () => execution.Execute(runId, stop.Token, stoppingToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            queue.Forget(runId, stop);
            if (stoppingToken.IsCancellationRequested)
                return;
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Taking up {Count} unfinished runs")]
    private static partial void LogRecovering(ILogger logger, int count);
}
