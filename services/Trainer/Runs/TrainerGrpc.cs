using Ddpm.Protocol;
using Ddpm.Storage;
using Ddpm.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Ddpm.Trainer.Runs;

/// <summary>The contract of training: validate, call one thing, map the answer.</summary>
internal sealed class TrainerGrpc(
    RunSubmission submission, RunLedger ledger, RunQueue queue, IHostApplicationLifetime lifetime, TimeProvider time) : TrainerService.TrainerServiceBase
{
    private const int DefaultPageSize = 20;
    private const int MaximumPageSize = 100;

    public override async Task<StartRunResponse> StartRun(StartRunRequest request, ServerCallContext context) =>
        new() { Run = await submission.SubmitAsync(request, context.CancellationToken) };

    public override async Task<GetRunResponse> GetRun(GetRunRequest request, ServerCallContext context) =>
        new() { Run = await FindAsync(request.RunId, context) };

    public override async Task<ListRunsResponse> ListRuns(ListRunsRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        if (request.PageSize is < 0 or > MaximumPageSize)
            violations.Add("page_size", $"must be 1 to {MaximumPageSize}, or 0 for {DefaultPageSize}; is {request.PageSize}");
        var before = request.PageToken.Length == 0 ? null : PageToken.TryRead(request.PageToken);
        if (before is null && request.PageToken.Length > 0)
            violations.Add("page_token", "must be the next_page_token of an earlier answer");
        violations.ThrowIfAny();

        var size = request.PageSize == 0 ? DefaultPageSize : request.PageSize;
        var page = await ledger.PageAsync(before, size + 1, context.CancellationToken);
        return new ListRunsResponse
        {
            Runs = { page.Take(size) },
            NextPageToken = page.Count > size ? PageToken.After(page[size - 1].Id) : "",
        };
    }

    public override async Task WatchRun(WatchRunRequest request, IServerStreamWriter<WatchRunResponse> responseStream, ServerCallContext context)
    {
        if (request.FromEvent < 0)
            throw RpcErrors.Invalid("from_event", $"must be at least 1, or 0 for 1; is {request.FromEvent}");
        await FindAsync(request.RunId, context);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        await foreach (var happened in ledger.WatchAsync(request.RunId, request.FromEvent, ending.Token))
            await responseStream.WriteAsync(new WatchRunResponse { Event = happened }, ending.Token);
    }

    public override async Task<StopRunResponse> StopRun(StopRunRequest request, ServerCallContext context)
    {
        await FindAsync(request.RunId, context);
        queue.Stop(request.RunId);
        // One that waits stops here and now; one that trains, after the step under way.
        var run = await ledger.ChangeAsync(request.RunId, current =>
        {
            if (current.State != RunState.Queued)
                return false;
            current.State = RunState.Stopped;
            current.FinishedAt = Timestamp.FromDateTimeOffset(time.GetUtcNow());
            return true;
        });
        return new StopRunResponse { Run = run };
    }

    private async Task<Run> FindAsync(string runId, ServerCallContext context) =>
        await ledger.FindAsync(runId, context.CancellationToken) ?? throw RpcErrors.NotFound($"There is no run '{runId}'.");
}
