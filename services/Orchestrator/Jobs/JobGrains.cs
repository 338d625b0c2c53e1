using System.Runtime.CompilerServices;
using Ddpm.Protocol;
using Ddpm.Storage.Jobs;
using Ddpm.V1;
using Grpc.Core;
using Polly;
using Polly.Retry;

namespace Ddpm.Orchestrator.Jobs;

/// <summary>
/// The jobs' grains, whichever replica they are on. A replica that goes away takes its answers with it: what was asked of it is asked again of the one that
/// takes its place, which every method of a job allows.
/// </summary>
internal sealed class JobGrains(IGrainFactory grains, IJobDatabase database, IHostApplicationLifetime lifetime, TimeProvider time)
{
    private static readonly TimeSpan WatchAgainAfter = TimeSpan.FromMilliseconds(200);

    private readonly ResiliencePipeline _again = new ResiliencePipelineBuilder { TimeProvider = time }
        .AddTimeout(TimeSpan.FromMinutes(1))
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<Exception>(IsAway),
            MaxRetryAttempts = int.MaxValue,
            Delay = TimeSpan.FromMilliseconds(100),
            BackoffType = DelayBackoffType.Exponential,
            MaxDelay = TimeSpan.FromSeconds(2),
        })
        .Build();

    /// <summary>Whether an exception says that a grain's replica went away, not that the grain refused.</summary>
    public static bool IsAway(Exception exception) => exception is OrleansException or EnumerationAbortedException or TimeoutException;

    /// <summary>Runs a job unless it runs or has ended, if its replica can be reached now.</summary>
    public Task StartAsync(string jobId) => grains.GetGrain<IJobGrain>(jobId).StartAsync();

    /// <inheritdoc cref="IJobGrain.CancelAsync"/>
    /// <exception cref="RpcException">UNAVAILABLE: the job's replica is away, and stayed away.</exception>
    public Task CancelAsync(string jobId, CancellationToken cancellationToken) => AskAsync(
        jobId,
        async job =>
        {
            await job.CancelAsync();
            return true;
        },
        cancellationToken);

    /// <inheritdoc cref="IJobGrain.DeleteAsync"/>
    /// <exception cref="RpcException">UNAVAILABLE: the job's replica is away, and stayed away.</exception>
    public Task<bool> DeleteAsync(string jobId, CancellationToken cancellationToken) => AskAsync(jobId, job => job.DeleteAsync(), cancellationToken);

    /// <summary>A job's events from a number on until its last, each once and in order, through changes of its replica.</summary>
    public async IAsyncEnumerable<JobEvent> WatchAsync(string jobId, long from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var next = Math.Max(1, from);
        while (true)
        {
            await foreach (var happened in WatchOneAsync(jobId, next, cancellationToken))
            {
                yield return happened;
                next = happened.Number + 1;
                if (happened.Job.State.IsEnd())
                    yield break;
            }
            if (await database.FindAsync(jobId, cancellationToken) is not { } job || job.Status.IsEnd() && next > job.LastEvent)
                yield break;
            await Task.Delay(WatchAgainAfter, time, cancellationToken);
        }
    }

    private async Task<T> AskAsync<T>(string jobId, Func<IJobGrain, Task<T>> ask, CancellationToken cancellationToken)
    {
        // A process that ends has no time to wait for others; its clients ask another replica.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        try
        {
            return await _again.ExecuteAsync(async cancellation => await ask(grains.GetGrain<IJobGrain>(jobId)).WaitAsync(cancellation), ending.Token);
        }
        catch (Exception e) when (IsAway(e) || e is ExecutionRejectedException || e is OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw RpcErrors.Unavailable($"The replica of job {jobId} is away. Try again.");
        }
    }

    /// <summary>The events as far as one activation of the grain can tell them.</summary>
    private async IAsyncEnumerable<JobEvent> WatchOneAsync(string jobId, long from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var events = grains.GetGrain<IJobGrain>(jobId).WatchAsync(from, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await MovesAsync())
            yield return JobEvent.Parser.ParseFrom(events.Current);

        async ValueTask<bool> MovesAsync()
        {
            try
            {
                return await events.MoveNextAsync();
            }
            catch (Exception e) when (IsAway(e))
            {
                return false;
            }
        }
    }
}
