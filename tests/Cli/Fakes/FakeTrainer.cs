using Ddpm.V1;
using Grpc.Core;

namespace Ddpm.Cli.Tests.Fakes;

/// <summary>Answers a run of three steps, which ends in <see cref="Ending"/>.</summary>
internal sealed class FakeTrainer : TrainerService.TrainerServiceBase
{
    public List<StartRunRequest> Started { get; } = [];

    public RunState Ending { get; set; } = RunState.Succeeded;

    public override Task<StartRunResponse> StartRun(StartRunRequest request, ServerCallContext context)
    {
        Started.Add(request);
        return Task.FromResult(new StartRunResponse { Run = RunAt(RunState.Queued, 0) });
    }

    public override async Task WatchRun(WatchRunRequest request, IServerStreamWriter<WatchRunResponse> responseStream, ServerCallContext context)
    {
        for (var step = 1; step <= 3; step++)
            await SendAsync(step, RunState.Running, step);
        await SendAsync(4, Ending, 3);

        Task SendAsync(long number, RunState state, int step) => responseStream.WriteAsync(new WatchRunResponse
        {
            Event = new RunEvent { Number = number, Run = RunAt(state, step), ImagesPerSecond = 250 },
        });
    }

    /// <summary>What was asked of runs, as <c>VERB ID</c>.</summary>
    public List<string> Asked { get; } = [];

    public override Task<GetRunResponse> GetRun(GetRunRequest request, ServerCallContext context) =>
        Task.FromResult(new GetRunResponse { Run = RunAt(RunState.Running, 2) });

    public override Task<ListRunsResponse> ListRuns(ListRunsRequest request, ServerCallContext context) => Task.FromResult(request.PageToken.Length == 0
        ? new ListRunsResponse { Runs = { RunAt(RunState.Running, 2) }, NextPageToken = "more" }
        : new ListRunsResponse { Runs = { RunAt(RunState.Succeeded, 3) } });

    public override Task<StopRunResponse> StopRun(StopRunRequest request, ServerCallContext context) =>
        Task.FromResult(new StopRunResponse { Run = Note("stop", request.RunId, RunAt(RunState.Stopped, 2)) });

    public override Task<ResumeRunResponse> ResumeRun(ResumeRunRequest request, ServerCallContext context) =>
        Task.FromResult(new ResumeRunResponse { Run = Note("resume", request.RunId, RunAt(RunState.Queued, 2)) });

    public override Task<PublishRunResponse> PublishRun(PublishRunRequest request, ServerCallContext context)
    {
        var run = Note("publish", request.RunId, RunAt(RunState.Stopped, 2));
        run.PublishedVersion = FakeModelRegistry.Newer;
        run.Publication = new Publication { Version = run.PublishedVersion, Aliases = { "candidate", "latest" }, Gate = new GateDecision { Reason = "It is worse." } };
        return Task.FromResult(new PublishRunResponse { Run = run });
    }

    public override Task<DeleteRunResponse> DeleteRun(DeleteRunRequest request, ServerCallContext context)
    {
        Note("delete", request.RunId, RunAt(RunState.Stopped, 2));
        return Task.FromResult(new DeleteRunResponse());
    }

    public override Task<GetRunCurveResponse> GetRunCurve(GetRunCurveRequest request, ServerCallContext context) => Task.FromResult(new GetRunCurveResponse
    {
        Points = { new RunCurvePoint { Step = 1, Loss = 0.5, GradientNorm = 2, LearningRate = 1e-4, QuartileLosses = { new QuartileLoss { Quartile = 2, Loss = 0.5, ImageCount = 4 } } } },
    });

    public override Task<SuggestRecipeResponse> SuggestRecipe(SuggestRecipeRequest request, ServerCallContext context) =>
        Task.FromResult(new SuggestRecipeResponse { RecipeJson = $"{{\"model\":{{\"name\":\"{(request.Model.Length > 0 ? request.Model : request.DataSet)}\"}}}}" });

    private Run Note(string verb, string id, Run run)
    {
        Asked.Add($"{verb} {id}");
        return run;
    }

    private static Run RunAt(RunState state, int step) => new()
    {
        Id = "run-1",
        Model = "tiny",
        State = state,
        StepsDone = step,
        StepsTotal = 3,
        Loss = 0.25,
        PublishedVersion = state is RunState.Succeeded ? FakeModelRegistry.Newer : "",
        Error = state is RunState.Failed ? "the loss is not finite" : "",
    };
}
