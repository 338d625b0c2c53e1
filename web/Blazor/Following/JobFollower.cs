using Ddpm.Protocol;
using Ddpm.V1;
using Ddpm.Web.Backend;
using Ddpm.Web.Media;
using Grpc.Core;

namespace Ddpm.Web.Following;

/// <summary>
/// Follows one job and holds what a page shows of it. It starts from the job as it is now, so that a reload in the middle goes on
/// where it was, then reads live events; a lost connection is said (<see cref="Trouble"/>) and taken up again until the job ends.
/// </summary>
/// <remarks>All members are used from one synchronisation context; <see cref="Changed"/> may come from any thread.</remarks>
public sealed class JobFollower(ClusterClients cluster, string jobId, TimeProvider time) : IAsyncDisposable
{
    /// <summary>Shortest time between two notices of progress; changes of state are told at once.</summary>
    public static readonly TimeSpan NoticeInterval = TimeSpan.FromMilliseconds(100);

    private const int ConcurrentFrameLists = 8;

    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<int, TrajectoryImage> _images = [];
    private Task _following = Task.CompletedTask;
    private long _noticed;
    private ITimer? _notice;

    /// <summary>Something of what this holds is different now.</summary>
    public event Action? Changed;

    public string JobId { get; } = jobId;

    public FollowPhase Phase { get; private set; }

    /// <summary>The job as last heard of; null until then.</summary>
    public Job? Job { get; private set; }

    /// <summary>Steps that every trajectory has completed.</summary>
    public int StepsDone { get; private set; }

    /// <summary>NFE so far, over all trajectories.</summary>
    public long Evaluations { get; private set; }

    /// <summary>Timestep of the slowest trajectory; null before the first live step.</summary>
    public double? Timestep { get; private set; }

    /// <summary>Estimate of the time left; null when there is none.</summary>
    public TimeSpan? TimeLeft { get; private set; }

    /// <summary>The step from which the job went on after its process was lost; null when that did not happen while following.</summary>
    public int? ResumedFromStep { get; private set; }

    /// <summary>Why nothing is heard at present; null when all is well.</summary>
    public Trouble? Trouble { get; private set; }

    /// <summary>Whether a cancellation is asked for and not answered yet.</summary>
    public bool IsCancelling { get; private set; }

    /// <summary>Steps done of all steps, 0 … 1.</summary>
    public double Fraction => Job is { StepsInAll: > 0 } job ? Math.Clamp((double)StepsDone / job.StepsInAll, 0, 1) : 0;

    /// <summary>What there is to see of trajectory <paramref name="trajectory"/>: the finished image, or the newest x̂0; null when neither.</summary>
    public TrajectoryImage? ImageOf(int trajectory) => Job switch
    {
        { State: JobState.Succeeded } job => new TrajectoryImage(job.StepsInAll, MediaLinks.Image(JobId, trajectory)),
        _ => _images.GetValueOrDefault(trajectory),
    };

    /// <summary>Begins to follow; call once.</summary>
    public void Start() => _following = FollowAsync(_stopping.Token);

    /// <summary>Stops the job at its next step.</summary>
    public async Task CancelAsync()
    {
        if (IsCancelling)
            return;
        IsCancelling = true;
        NoticeNow();
        try
        {
            var answer = await cluster.Orchestrator.CancelJobAsync(new CancelJobRequest { JobId = JobId }, cluster.Unary(_stopping.Token));
            IsCancelling = false;
            Take(answer.Job);
        }
        catch (RpcException e) when (!_stopping.IsCancellationRequested)
        {
            IsCancelling = false;
            Trouble = Trouble.From(e, "Orchestrator");
            NoticeNow();
        }
    }

    private void Take(Job job)
    {
        Job = job;
        StepsDone = Math.Max(StepsDone, job.StepsDone);
        Evaluations = Math.Max(Evaluations, job.Evaluations);
        Phase = job.HasEnded() ? FollowPhase.Ended : FollowPhase.Live;
        if (Phase == FollowPhase.Ended)
            TimeLeft = null;
        NoticeNow();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _following;
        if (_notice is not null)
            await _notice.DisposeAsync();
        _stopping.Dispose();
    }

    private Task FollowAsync(CancellationToken cancellationToken)
    {
        var loop = new FollowLoop("Orchestrator", time);
        return loop.RunAsync(ListenAsync, BeTroubled, cancellationToken);

        async Task<bool> ListenAsync()
        {
            var answer = await cluster.Orchestrator.GetJobAsync(new GetJobRequest { JobId = JobId }, cluster.Unary(cancellationToken));
            Trouble = null;
            Take(answer.Job);
            var frames = FetchLatestFramesAsync(answer.Job, cancellationToken);
            try
            {
                await WatchAsync(answer.Job.LastEvent + 1, loop.Heard, cancellationToken);
            }
            finally
            {
                await frames;
            }
            return Phase == FollowPhase.Ended;
        }

        void BeTroubled(Trouble trouble, bool isMissing)
        {
            if (isMissing)
                Phase = FollowPhase.Missing;
            Trouble = trouble;
            NoticeNow();
        }
    }

    private async Task WatchAsync(long fromEvent, Action heard, CancellationToken cancellationToken)
    {
        if (Phase != FollowPhase.Live)
            return;
        using var call = cluster.Orchestrator.WatchJob(
            new WatchJobRequest { JobId = JobId, FromEvent = fromEvent }, new CallOptions(cancellationToken: cancellationToken));
        while (Phase == FollowPhase.Live && await call.ResponseStream.MoveNext(cancellationToken))
        {
            heard();
            Apply(call.ResponseStream.Current.Event);
        }
    }

    private void Apply(JobEvent happened)
    {
        if (happened.KindCase != JobEvent.KindOneofCase.Progress)
        {
            if (happened.StateChanged is { HasResumedFromStep: true } resumed)
                (ResumedFromStep, StepsDone) = (resumed.ResumedFromStep, resumed.ResumedFromStep);
            Take(happened.Job);
            return;
        }
        var progress = happened.Progress;
        Job = happened.Job;
        StepsDone = progress.StepsDone;
        Evaluations = progress.Evaluations;
        Timestep = progress.Timestep;
        TimeLeft = progress.TimeLeft?.ToTimeSpan();
        foreach (var preview in progress.Previews)
            Show(preview.Trajectory, new TrajectoryImage(preview.Step, "data:image/png;base64," + preview.Png.ToBase64()));
        NoticeSoon();
    }

    private void Show(int trajectory, TrajectoryImage image)
    {
        if (!_images.TryGetValue(trajectory, out var shown) || image.Step >= shown.Step || ResumedFromStep is not null)
            _images[trajectory] = image;
    }

    /// <summary>Live previews exist only from now on, so what came before is shown from the frames kept.</summary>
    private async Task FetchLatestFramesAsync(Job job, CancellationToken cancellationToken)
    {
        if (job.StepsDone == 0 || job.State == JobState.Succeeded)
            return;
        using var slots = new SemaphoreSlim(ConcurrentFrameLists);
        await Task.WhenAll(Enumerable.Range(0, job.Spec.Count).Select(FetchAsync));
        NoticeNow();

        async Task FetchAsync(int trajectory)
        {
            await slots.WaitAsync(CancellationToken.None);
            try
            {
                var request = new ListFramesRequest { JobId = JobId, Trajectory = trajectory };
                var answer = await cluster.Orchestrator.ListFramesAsync(request, cluster.Unary(cancellationToken));
                if (answer.Frames.LastOrDefault(frame => frame.Step > 0) is { } newest)
                    Show(trajectory, new TrajectoryImage(newest.Step, MediaLinks.Denoised(JobId, trajectory, newest.Step)));
            }
            catch (Exception e) when (e is RpcException or OperationCanceledException)
            {
                // Without a kept frame the tile stays noise until the first preview; what else is wrong, the watch says.
            }
            finally
            {
                slots.Release();
            }
        }
    }

    private void NoticeSoon()
    {
        if (_noticed == 0 || time.GetElapsedTime(_noticed) >= NoticeInterval)
            NoticeNow();
        else
            _notice ??= time.CreateTimer(_ => NoticeNow(), null, NoticeInterval, Timeout.InfiniteTimeSpan);
    }

    private void NoticeNow()
    {
        Interlocked.Exchange(ref _notice, null)?.Dispose();
        _noticed = time.GetTimestamp();
        Changed?.Invoke();
    }
}
