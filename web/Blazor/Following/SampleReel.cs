using Ddpm.V1;
using Ddpm.Web.Backend;
using Grpc.Core;

namespace Ddpm.Web.Following;

/// <summary>The grids of samples that a run has had made, which of them is looked at, and how far the jobs that make them are.</summary>
/// <remarks>All members are used from one synchronisation context; <see cref="Changed"/> may come from any thread.</remarks>
public sealed class SampleReel(ClusterClients cluster, TimeProvider time) : IAsyncDisposable
{
    private readonly CancellationTokenSource _leaving = new();
    private readonly Dictionary<string, Job> _ended = [];
    private readonly HashSet<string> _gone = [];

    /// <summary>Something of what this holds is different now.</summary>
    public event Action? Changed;

    /// <summary>In the order of the steps.</summary>
    public IReadOnlyList<RunSamples> Samples { get; private set; } = [];

    /// <summary>Index into <see cref="Samples"/> of those looked at.</summary>
    public int Index { get; private set; }

    /// <summary>Those looked at; null while there are none.</summary>
    public RunSamples? Current => Samples.Count > 0 ? Samples[Index] : null;

    public bool IsAtEnd => Index >= Samples.Count - 1;

    /// <summary>The job of those looked at, once it has ended; null before, and where there is none.</summary>
    public Job? EndedJob => Follower?.Job is { } followed && followed.HasEnded() ? followed : Current is { } current ? _ended.GetValueOrDefault(current.JobId) : null;

    /// <summary>Whether the job of those looked at was deleted.</summary>
    public bool IsGone => Follower?.Phase == FollowPhase.Missing || (Current is { } current && _gone.Contains(current.JobId));

    /// <summary>Follows the job of those looked at, where it had not ended when they were first looked at; null otherwise.</summary>
    public JobFollower? Follower { get; private set; }

    /// <summary>Jobs whose grids can be shown at once.</summary>
    public IEnumerable<string> FinishedJobs => _ended.Values.Where(job => job.State == JobState.Succeeded).Select(job => job.Id);

    /// <summary>Takes the samples of a run as it is now. Whoever looks at the newest goes on looking at the newest.</summary>
    public async Task TakeAsync(IReadOnlyList<RunSamples> samples)
    {
        var follow = IsAtEnd;
        var isNew = samples.Count != Samples.Count;
        Samples = samples;
        if (!isNew)
            return;
        Index = follow ? Math.Max(0, samples.Count - 1) : Math.Min(Index, samples.Count - 1);
        await AskAsync();
    }

    /// <summary>Looks at other samples; an index beyond the ends is the end.</summary>
    public async Task SeekAsync(int index)
    {
        Index = Math.Clamp(index, 0, Math.Max(0, Samples.Count - 1));
        await FollowCurrentAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _leaving.CancelAsync();
        await LetGoAsync();
        _leaving.Dispose();
    }

    /// <summary>Asks for the jobs that were not known to have ended.</summary>
    private async Task AskAsync()
    {
        try
        {
            foreach (var sample in Samples.Where(one => one.JobId.Length > 0 && !_ended.ContainsKey(one.JobId) && !_gone.Contains(one.JobId)).Reverse().ToList())
                await AskAsync(sample.JobId);
            await FollowCurrentAsync();
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            // Asked again with the next samples; that the Orchestrator does not answer, the follower of the newest says.
            await FollowCurrentAsync();
        }
    }

    private async Task AskAsync(string jobId)
    {
        try
        {
            var answer = await cluster.Orchestrator.GetJobAsync(new GetJobRequest { JobId = jobId }, cluster.Unary(_leaving.Token));
            if (answer.Job.HasEnded())
                _ended[jobId] = answer.Job;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            _gone.Add(jobId);
        }
    }

    private async Task FollowCurrentAsync()
    {
        var wanted = Current is { JobId: { Length: > 0 } id } && !_ended.ContainsKey(id) && !_gone.Contains(id) ? id : null;
        if (Follower?.JobId != wanted)
        {
            await LetGoAsync();
            if (wanted is not null && !_leaving.IsCancellationRequested)
            {
                Follower = new JobFollower(cluster, wanted, time);
                Follower.Changed += OnFollowerChanged;
                Follower.Start();
            }
        }
        Changed?.Invoke();
    }

    private async Task LetGoAsync()
    {
        if (Follower is not { } follower)
            return;
        Follower = null;
        follower.Changed -= OnFollowerChanged;
        await follower.DisposeAsync();
        if (follower.Phase == FollowPhase.Missing)
            _gone.Add(follower.JobId);
        else if (follower.Job is { } job && job.HasEnded())
            _ended[job.Id] = job;
    }

    private void OnFollowerChanged() => Changed?.Invoke();
}
