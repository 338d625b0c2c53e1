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
