using Ddpm.Protocol;
using Ddpm.V1;
using Ddpm.Web.Following;
using Grpc.Core;

namespace Ddpm.Web.Tests.Doubles;

/// <summary>A Trainer in memory: it keeps runs, answers as the contract says, and lets a test make things happen.</summary>
internal sealed class InMemoryTrainer : TrainerService.TrainerServiceClient
{
    private readonly TaskCompletionSource _watched = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Dictionary<string, Run> Runs { get; } = [];

    /// <summary>The figures of a run's steps.</summary>
    public Dictionary<string, List<RunCurvePoint>> Curves { get; } = [];

    public List<StartRunRequest> Started { get; } = [];

    /// <summary>First event asked for by each watch.</summary>
    public List<long> WatchedFrom { get; } = [];

    /// <summary>The newest watch.</summary>
    public EventStream<WatchRunResponse>? Events { get; private set; }

    /// <summary>Fails every call while set.</summary>
    public RpcException? Failure { get; set; }

    /// <summary>Refuses recipes while set.</summary>
    public RpcException? Refusal { get; set; }

    /// <summary>Ends once somebody watches.</summary>
    public Task Watched => _watched.Task;

    public Run Keep(Run run)
    {
        Runs.Add(run.Id, run);
        return run;
    }

    /// <summary>Changes a run and sends the event that says so.</summary>
    public void Happen(Run run, Action<RunEvent>? figures = null)
    {
        run.LastEvent++;
        var happened = new RunEvent { Number = run.LastEvent, Run = run.Clone() };
        figures?.Invoke(happened);
        Events?.Send(new WatchRunResponse { Event = happened });
    }

    public void Finish(Run run, RunState state)
    {
        run.State = state;
        Happen(run);
    }

    public override AsyncUnaryCall<SuggestRecipeResponse> SuggestRecipeAsync(SuggestRecipeRequest request, CallOptions options) =>
        Answer(() => new SuggestRecipeResponse { RecipeJson = Samples.Recipe(request.DataSet) });

    public override AsyncUnaryCall<StartRunResponse> StartRunAsync(StartRunRequest request, CallOptions options) => Answer(() =>
    {
        Started.Add(request);
        if (Refusal is not null)
            throw Refusal;
        return new StartRunResponse { Run = Keep(Samples.Run(request.RecipeJson, RunState.Queued)).Clone() };
    });

    public override AsyncUnaryCall<GetRunResponse> GetRunAsync(GetRunRequest request, CallOptions options) =>
        Answer(() => new GetRunResponse { Run = Find(request.RunId).Clone() });

    public override AsyncUnaryCall<ListRunsResponse> ListRunsAsync(ListRunsRequest request, CallOptions options) => Answer(() =>
    {
        var all = Runs.Values.OrderByDescending(run => run.Id, StringComparer.Ordinal).ToList();
        var skipped = request.PageToken.Length == 0 ? 0 : int.Parse(request.PageToken);
        return new ListRunsResponse
        {
            Runs = { all.Skip(skipped).Take(request.PageSize).Select(run => run.Clone()) },
            NextPageToken = skipped + request.PageSize < all.Count ? $"{skipped + request.PageSize}" : "",
        };
    });

    public override AsyncServerStreamingCall<WatchRunResponse> WatchRun(WatchRunRequest request, CallOptions options)
    {
        Events = new EventStream<WatchRunResponse>();
        WatchedFrom.Add(request.FromEvent);
        _watched.TrySetResult();
        return Calls.Stream(Events);
    }

    public override AsyncUnaryCall<StopRunResponse> StopRunAsync(StopRunRequest request, CallOptions options) => Answer(() =>
    {
        var run = Find(request.RunId);
        if (run.State == RunState.Queued)
            Finish(run, RunState.Stopped);
        return new StopRunResponse { Run = run.Clone() };
    });

    public override AsyncUnaryCall<ResumeRunResponse> ResumeRunAsync(ResumeRunRequest request, CallOptions options) => Answer(() =>
    {
        var run = Find(request.RunId);
        if (run.State == RunState.Succeeded)
            throw RpcErrors.FailedPrecondition("The run has succeeded");
        if (run.HasEnded())
            Finish(run, RunState.Queued);
        return new ResumeRunResponse { Run = run.Clone() };
    });

    public override AsyncUnaryCall<PublishRunResponse> PublishRunAsync(PublishRunRequest request, CallOptions options) => Answer(() =>
    {
        var run = Find(request.RunId);
        if (run.State is not (RunState.Stopped or RunState.Failed))
            throw RpcErrors.FailedPrecondition("The run has not ended");
        run.Publication = new Publication { Version = Samples.Version, Aliases = { "candidate", "latest" } };
        return new PublishRunResponse { Run = run.Clone() };
    });

    public override AsyncUnaryCall<DeleteRunResponse> DeleteRunAsync(DeleteRunRequest request, CallOptions options) => Answer(() =>
    {
        if (!Find(request.RunId).HasEnded())
            throw RpcErrors.FailedPrecondition("The run has not ended");
        Runs.Remove(request.RunId);
        return new DeleteRunResponse();
    });

    public override AsyncUnaryCall<GetRunCurveResponse> GetRunCurveAsync(GetRunCurveRequest request, CallOptions options) => Answer(() =>
    {
        Find(request.RunId);
        return new GetRunCurveResponse { Points = { Curves.GetValueOrDefault(request.RunId) ?? [] } };
    });

    private Run Find(string id) => Runs.TryGetValue(id, out var run) ? run : throw RpcErrors.NotFound($"There is no run '{id}'.");

    private AsyncUnaryCall<T> Answer<T>(Func<T> answer) => Calls.Answer(answer, Failure);
}
