using Ddpm.V1;
using Google.Protobuf.WellKnownTypes;

namespace Ddpm.Trainer.Runs;

/// <summary>Carries the runs out, one at a time, in the order of their submission, on a thread of their own.</summary>
internal sealed partial class RunWorker(RunLedger ledger, RunQueue queue, RunExecution execution, TimeProvider time, ILogger<RunWorker> logger) : BackgroundService
{
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var run in await ledger.UnfinishedAsync(cancellationToken))
        {
            if (run.State == RunState.Queued)
                queue.Enqueue(run.Id);
            else
                await ledger.ChangeAsync(run.Id, Interrupted);
        }
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var runId in queue.ReadAllAsync(stoppingToken))
        {
            var stop = queue.StopOf(runId);
            await Task.Factory.StartNew(
                () => execution.Execute(runId, stop, stoppingToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            queue.Forget(runId);
            if (stoppingToken.IsCancellationRequested)
                return;
        }
    }

    private bool Interrupted(Run run)
    {
        LogInterrupted(logger, run.Id, run.StepsDone, run.StepsTotal);
        run.State = RunState.Failed;
        run.FinishedAt = Timestamp.FromDateTimeOffset(time.GetUtcNow());
        run.Error = $"The Trainer ended after {run.StepsDone} of {run.StepsTotal} steps, and nothing was published; start the recipe again.";
        return true;
    }

    [LoggerMessage(1, LogLevel.Warning, "Run {RunId} was interrupted after {StepsDone} of {StepsTotal} steps")]
    private static partial void LogInterrupted(ILogger logger, string runId, long stepsDone, long stepsTotal);
}
