using Ddpm.V1;
using Ddpm.Web.Backend;
using Grpc.Core;

namespace Ddpm.Web.Following;

/// <summary>
/// Follows one run and holds what a page shows of it. It starts from the run and its curve as they are now, so that whoever comes late sees
/// all, then reads live events; a lost connection is said (<see cref="Trouble"/>) and taken up again until the run ends.
/// </summary>
/// <remarks>All members are used from one synchronisation context; <see cref="Changed"/> may come from any thread.</remarks>
public sealed class RunFollower(ClusterClients cluster, string runId, TimeProvider time) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _following = Task.CompletedTask;

    /// <summary>Something of what this holds is different now.</summary>
    public event Action? Changed;

    public string RunId { get; } = runId;

    public FollowPhase Phase { get; private set; }

    /// <summary>The run as last heard of; null until then.</summary>
    public Run? Run { get; private set; }

    /// <summary>Its figures, step by step.</summary>
    public RunCurve Curve { get; } = new();

    /// <summary>Training images a second; null while none are trained on.</summary>
    public double? ImagesPerSecond { get; private set; }

    /// <summary>Estimate of the time left; null when there is none.</summary>
    public TimeSpan? TimeLeft { get; private set; }

    /// <summary>Why nothing is heard at present; null when all is well.</summary>
    public Trouble? Trouble { get; private set; }

    /// <summary>Whether the run is asked to stop and has not stopped yet.</summary>
    public bool IsStopping { get; private set; }

    /// <summary>Begins to follow; call once.</summary>
    public void Start() => _following = FollowAsync(_stopping.Token);

    /// <summary>Stops the run after the step under way.</summary>
    /// <returns>Why that cannot be; null when it is asked.</returns>
    public Task<Trouble?> StopAsync() => ChangeAsync(async options =>
    {
        IsStopping = true;
        return (await cluster.Trainer.StopRunAsync(new StopRunRequest { RunId = RunId }, options)).Run;
    });

    /// <summary>Has a stopped or failed run go on from its last checkpoint, and follows it again.</summary>
    /// <returns>Why that cannot be; null when it waits for its turn.</returns>
    public async Task<Trouble?> ResumeAsync()
    {
        var trouble = await ChangeAsync(async options => (await cluster.Trainer.ResumeRunAsync(new ResumeRunRequest { RunId = RunId }, options)).Run);
        if (trouble is null && Phase == FollowPhase.Live && _following.IsCompleted)
            Start();
        return trouble;
    }

    /// <summary>Publishes the weights of a stopped or failed run's last checkpoint.</summary>
    /// <returns>Why that cannot be; null when they are published.</returns>
    public Task<Trouble?> PublishAsync() => ChangeAsync(
        async options => (await cluster.Trainer.PublishRunAsync(new PublishRunRequest { RunId = RunId }, options)).Run);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _following;
        _stopping.Dispose();
    }

    /// <summary>Publishing measures the weights, which takes as long as reading a data set.</summary>
    private async Task<Trouble?> ChangeAsync(Func<CallOptions, Task<Run>> change)
    {
        try
        {
            Take(await change(cluster.Reading(_stopping.Token)));
            return null;
        }
        catch (RpcException e) when (!_stopping.IsCancellationRequested)
        {
            IsStopping = false;
            return Trouble.From(e, "Trainer");
        }
        catch (Exception e) when (_stopping.IsCancellationRequested && e is RpcException or OperationCanceledException)
        {
            return null;
        }
        finally
        {
            Changed?.Invoke();
        }
    }

    private void Take(Run run)
    {
        // An answer to a request may be newer than the event that is read next.
        if (run.LastEvent < Run?.LastEvent)
            return;
        Run = run;
        Phase = run.HasEnded() ? FollowPhase.Ended : FollowPhase.Live;
        if (run.State != RunState.Running)
            (ImagesPerSecond, TimeLeft) = (null, null);
        if (run.HasEnded())
            IsStopping = false;
    }

    private Task FollowAsync(CancellationToken cancellationToken)
    {
        var loop = new FollowLoop("Trainer", time);
        return loop.RunAsync(ListenAsync, BeTroubled, cancellationToken);

        async Task<bool> ListenAsync()
        {
            var answer = await cluster.Trainer.GetRunAsync(new GetRunRequest { RunId = RunId }, cluster.Unary(cancellationToken));
            Trouble = null;
            Take(answer.Run);
            Changed?.Invoke();
            await ReadCurveAsync(cancellationToken);
            await WatchAsync(answer.Run.LastEvent + 1, loop.Heard, cancellationToken);
            return Phase == FollowPhase.Ended;
        }

        void BeTroubled(Trouble trouble, bool isMissing)
        {
            if (isMissing)
                Phase = FollowPhase.Missing;
            else
                Trouble = trouble;
            Changed?.Invoke();
        }
    }

    private async Task WatchAsync(long fromEvent, Action heard, CancellationToken cancellationToken)
    {
        if (Phase != FollowPhase.Live)
            return;
        using var call = cluster.Trainer.WatchRun(
            new WatchRunRequest { RunId = RunId, FromEvent = fromEvent }, new CallOptions(cancellationToken: cancellationToken));
        while (Phase == FollowPhase.Live && await call.ResponseStream.MoveNext(cancellationToken))
        {
            heard();
            var happened = call.ResponseStream.Current.Event;
            Take(happened.Run);
            Curve.Add(happened);
            if (happened.HasImagesPerSecond && !happened.Run.HasEnded())
                (ImagesPerSecond, TimeLeft) = (happened.ImagesPerSecond, happened.TimeLeft?.ToTimeSpan());
            if (Curve.IsTooLong || Phase == FollowPhase.Ended)
                await ReadCurveAsync(cancellationToken);
            Changed?.Invoke();
        }
    }

    private async Task ReadCurveAsync(CancellationToken cancellationToken)
    {
        var request = new GetRunCurveRequest { RunId = RunId, MaxPoints = RunCurve.RecordedPoints };
        var answer = await cluster.Trainer.GetRunCurveAsync(request, cluster.Unary(cancellationToken));
        Curve.Take(answer.Points);
        Changed?.Invoke();
    }
}
