using System.Runtime.CompilerServices;
using Ddpm.Orchestrator.Trajectories;
using Ddpm.Storage.Jobs;
using Google.Protobuf;
using Orleans.Concurrency;

namespace Ddpm.Orchestrator.Jobs;

/// <inheritdoc cref="IJobGrain"/>
[Reentrant]
internal sealed class JobGrain(
    IJobDatabase database, TrajectoryStore trajectories, JobRunner runner, IHostApplicationLifetime lifetime, TimeProvider time)
    : Grain, IJobGrain
{
    private readonly CancellationTokenSource _cancel = new();
    private CancellationTokenSource _suspend = new();
    private JobLog? _log;
    private Task _run = Task.CompletedTask;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (await database.FindAsync(this.GetPrimaryKeyString(), cancellationToken) is not { } record)
            return;
        // A process that is told to end suspends its jobs at once, before the silo gets to its activations.
        _suspend = CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopping);
        _log = new JobLog(database, time, record);
        if (record.CancelRequested)
            await _cancel.CancelAsync();
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _suspend.CancelAsync();
        await _run.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        // Else the process's own token would hold on to it.
        _suspend.Dispose();
    }

    public Task StartAsync()
    {
        if (_log is null)
            // Nothing is known of it yet: whoever asks next looks again.
            DeactivateOnIdle();
        else if (!_log.HasEnded && _run.IsCompleted && !_suspend.IsCancellationRequested)
            _run = RunAsync(_log);
        return Task.CompletedTask;
    }

    private async Task RunAsync(JobLog log)
    {
        DelayDeactivation(TimeSpan.MaxValue);
        try
        {
            // Steps are arithmetic on whole images: they belong on the thread pool, not on the grain's scheduler.
            await Task.Run(() => runner.RunAsync(log, _cancel.Token, _suspend.Token));
        }
        finally
        {
            DelayDeactivation(TimeSpan.Zero);
            if (!log.HasEnded)
            {
                // Suspended, or another process has it: whoever is asked next begins with what is written down.
                log.Leave();
                DeactivateOnIdle();
            }
        }
    }

    public async Task CancelAsync()
    {
        if (_log is not { HasEnded: false } log)
            return;
        await database.RequestCancelAsync(this.GetPrimaryKeyString());
        await _cancel.CancelAsync();
        await StartAsync();
        await _run;
        if (!log.HasEnded)
            throw new OrleansException($"Job {this.GetPrimaryKeyString()} is being taken up elsewhere.");
    }

    public async IAsyncEnumerable<byte[]> WatchAsync(long from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (_log is null)
            yield break;
        await foreach (var happened in _log.WatchAsync(from, cancellationToken))
            yield return happened.ToByteArray();
    }

    public async Task<bool> DeleteAsync()
    {
        if (_log is { HasEnded: false })
            return false;
        await _run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        // Its row last: as long as that is there, whatever is left can be deleted once more.
        await trajectories.DeleteAsync(this.GetPrimaryKeyString(), CancellationToken.None);
        await database.DeleteAsync(this.GetPrimaryKeyString());
        _log = null;
        DeactivateOnIdle();
        return true;
    }
}
